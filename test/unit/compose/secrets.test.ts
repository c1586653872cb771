// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { App, Text } from "../../../compose/model.ts";
import { placeholder, secretsIn, showPlaceholders, toText, variablesOf } from "../../../compose/secretText.ts";
import { read, refusal, web } from "./project.ts";

const environmentOf = (app: App) => app.services.get("web")?.environment;

test("what the file states is public; what comes from an env_file is secret; the file wins", async () => {
  const app = await read({
    "compose.yaml": web("env_file: [a.env, b.env], environment: { STATED: here, BOTH: here }"),
    "a.env": "BOTH=there\nFILE=one\nTWICE=one\n",
    "b.env": "TWICE=two\n",
  });
  expect(environmentOf(app)).toEqual({
    BOTH: "here",
    FILE: { secret: ["one"] },
    STATED: "here",
    TWICE: { secret: ["two"] },
  });
});

test("what has a secret in it is secret as a whole, its pieces in order", async () => {
  const app = await read(
    {
      "compose.yaml": web(`env_file: [a.env], environment:
      [ PASSED, "WHOLE=$KEY", "TWO=$KEY and \${OTHER}!", "MAYBE=\${KEY:+set}", "DEFAULT=\${UNSET:-$KEY}", "PUBLIC=$NAME" ]`),
      "a.env": "FILE=a${KEY}\n",
    },
    { secretNames: ["KEY", "OTHER", "PASSED"], environment: { NAME: "app" } },
  );
  expect(environmentOf(app)).toEqual({
    DEFAULT: { secret: [{ name: "KEY" }] },
    FILE: { secret: ["a", { name: "KEY" }] },
    MAYBE: "set",
    PASSED: { secret: [{ name: "PASSED" }] },
    PUBLIC: "app",
    TWO: { secret: [{ name: "KEY" }, " and ", { name: "OTHER" }, "!"] },
    WHOLE: { secret: [{ name: "KEY" }] },
  });
});

test("what comes from .env is secret in a variable, and public where the stack's configuration gives it", async () => {
  const files = {
    "compose.yaml": web("environment: { URL: 'db://$PASSWORD', PORT: '$PORT' }"),
    ".env": "PASSWORD=hunter2\nPORT=80\n",
  };
  expect(environmentOf(await read(files))).toEqual({ PORT: { secret: ["80"] }, URL: { secret: ["db://hunter2"] } });
  expect(environmentOf(await read(files, { environment: { PORT: "81" } }))).toEqual({
    PORT: "81",
    URL: { secret: ["db://hunter2"] },
  });
});

test("an empty value is no secret, wherever it comes from", async () => {
  const app = await read({
    "compose.yaml": web("env_file: [a.env], environment: { DSN: '$DSN' }, secrets: [s]", "secrets: { s: { file: s } }"),
    ".env": "DSN=\n",
    "a.env": "FILE=\n",
    s: "",
  });
  expect(environmentOf(app)).toEqual({ DSN: "", FILE: "" });
  expect(app.services.get("web")?.files.map(({ content }) => content)).toEqual([""]);
  const known = { A: "", B: "" };
  expect(toText(`${placeholder("A")}${placeholder("B")}`, known)).toBe("");
  expect(toText(`${placeholder("A")}x`, known)).toEqual({ secret: ["", "x"] });
});

test("a secret of .env is warned of where everybody can read it, once a place", async () => {
  const compose = `services:
  web:
    image: "redis:$TAG"
    command: redis-server --requirepass \${REDIS_PASSWORD} --user $USER_TOKEN$REDIS_PASSWORD --port $PORT
    entrypoint: ["sh", "-c", "exec $$REDIS_PASSWORD"]
    container_name: $NAME_KEY
    healthcheck: { test: "redis-cli -a \${REDIS_PASSWORD:?} ping" }
    labels: ["login=$REDIS_PASSWORD", "tag=$TAG"]
    environment: { PW: $REDIS_PASSWORD, PORT: $PORT }
    build:
      context: .
      args: [REDIS_PASSWORD, "TAG=$TAG"]
    configs: [open, kept, unread]
configs:
  open: { content: "pw=$REDIS_PASSWORD" }
  kept: { content: "pw=$KEPT_KEY" }
  unread: { content: "$PORT" }
`;
  const files = {
    "compose.yaml": compose,
    Dockerfile: "FROM redis",
    ".env": "REDIS_PASSWORD=hunter2\nUSER_TOKEN=t\nTAG=8\nPORT=6379\nNAME_KEY=cache\nKEPT_KEY=there\n",
  };
  const app = await read(files, { secretNames: ["KEPT_KEY"] });
  const run = "hand it over under environment, and let a shell in the container put it in, written as $$NAME";
  const readable = (names: string, mend: string) =>
    `uses ${names}, by the name a secret, which is readable there: ${mend}`;
  expect(app.warnings.map(({ where, field, reason }) => [where, field, reason])).toEqual([
    ["compose.yaml:4", "services.web.command", readable("REDIS_PASSWORD, USER_TOKEN", run)],
    ["compose.yaml:7", "services.web.healthcheck", readable("REDIS_PASSWORD", run)],
    ["compose.yaml:8", "services.web.labels", readable("REDIS_PASSWORD", "use a variable that is not secret")],
    [
      "compose.yaml:12",
      "services.web.build.args",
      readable("REDIS_PASSWORD", "hand it over under build.secrets and mount it in the RUN step that needs it"),
    ],
    [
      "compose.yaml:15",
      "configs.open.content",
      readable("REDIS_PASSWORD", "give it under retrofit:secrets, and the whole file is kept secret"),
    ],
  ]);
  const stated = { REDIS_PASSWORD: "public", USER_TOKEN: "public" };
  expect((await read(files, { secretNames: ["KEPT_KEY"], environment: stated })).warnings).toEqual([]);
});

test("dollar signs", async () => {
  const app = await read({
    "compose.yaml": web(
      `command: ["echo", "$$HOME $$$$"], env_file: [a.env], environment: { PRICE: "5$$", TWO: "$$$$" }`,
    ),
    "a.env": "SINGLE='a$b $$'\nDOUBLE=\"a$$b\"\n",
  });
  expect(app.services.get("web")?.command).toEqual(["echo", "$HOME $$"]);
  expect(environmentOf(app)).toEqual({
    DOUBLE: { secret: ["a$b"] },
    PRICE: "5$",
    SINGLE: { secret: ["a$b $$"] },
    TWO: "$$",
  });
});

test("values of any kind survive", async () => {
  const values = {
    LINES: "a\nb\n",
    QUOTES: `"'\\`,
    UNICODE: "ü 🎉",
    SPACES: "  a  ",
    HASH: "a #b",
    EQUALS: "a=b=c",
    EMPTY: "",
  };
  const app = await read(web(`environment: ${JSON.stringify(values)}`));
  expect(environmentOf(app)).toEqual(values);
});

test("compose secrets: from files, from variables; configs are public unless a secret is in them", async () => {
  const app = await read(
    {
      "compose.yaml": web(
        "secrets: [file, name, value, dotenv], configs: [page, inline, value]",
        `secrets:
  file: { file: key.txt }
  name: { environment: KEY }
  value: { environment: VALUE }
  dotenv: { environment: LOCAL }
configs:
  page: { file: key.txt }
  inline: { content: "key $KEY" }
  value: { environment: VALUE }
`,
      ),
      "key.txt": "hunter2\n",
      ".env": "LOCAL='two\nlines'\nOTHER=x\n",
    },
    { secretNames: ["KEY"], environment: { VALUE: "v" } },
  );
  const files = app.services
    .get("web")
    ?.files.map(({ kind, name, target, content, mode }) => [kind, name, target, content, mode]);
  expect(files).toEqual([
    ["secret", "file", "/run/secrets/file", { secret: ["hunter2\n"] }, 0o444],
    ["secret", "name", "/run/secrets/name", { secret: [{ name: "KEY" }] }, 0o444],
    ["secret", "value", "/run/secrets/value", { secret: ["v"] }, 0o444],
    ["secret", "dotenv", "/run/secrets/dotenv", { secret: ["two\nlines"] }, 0o444],
    ["config", "page", "/page", "hunter2\n", 0o444],
    ["config", "inline", "/inline", { secret: ["key ", { name: "KEY" }] }, 0o444],
    ["config", "value", "/value", "v", 0o444],
  ]);
});

test("the stack's configuration adds variables, and wins", async () => {
  const text: Text = { secret: ["a ", { name: "KEY" }] };
  const app = await read(
    `${web("environment: { A: file, B: file }")}x-retrofit: { services: { web: { environment: { B: x, C: x, N: 1 } } } }\n`,
    {
      extension: { services: { web: { environment: { C: text } } } },
      secretNames: ["KEY"],
    },
  );
  expect(environmentOf(app)).toEqual({ A: "file", B: "x", C: text, N: "1" });
});

test("the surroundings of the process have no influence", async () => {
  vi.stubEnv("KEY", "from the shell");
  vi.stubEnv("COMPOSE_PROJECT_NAME", "other");
  vi.stubEnv("COMPOSE_PROFILES", "extra");
  vi.stubEnv("COMPOSE_FILE", "/nowhere");
  try {
    const app = await read(
      "name: mine\nservices:\n  web: { image: nginx, environment: [KEY, 'OTHER=${KEY-none}'] }\n  extra: { image: nginx, profiles: [extra] }\n",
      { projectName: undefined },
    );
    expect(app.name).toBe("mine");
    expect([...app.services.keys()]).toEqual(["web"]);
    expect(environmentOf(app)).toEqual({ OTHER: "none" });
    expect(app.warnings).toEqual([
      {
        where: "compose.yaml:3",
        field: "services.web.environment.KEY",
        reason: "takes its value from the surroundings, where it is not set: left out, as Compose does",
      },
    ]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test("part of a password is not shown as a variable that is not set", async () => {
  const app = await read({ "compose.yaml": web("env_file: [a.env]"), "a.env": "PASSWORD=correct$horse\n" });
  expect(app.warnings).toEqual([
    {
      where: "compose.yaml",
      field: "env_file",
      reason: "a dollar sign in it is read as the start of a variable that is not set: put the value in single quotes",
    },
  ]);
});

test("no error shows what is secret", async () => {
  const canary = "hunter2canary";
  const said = [
    await refusal({ "compose.yaml": web("env_file: [a.env], pid: host"), "a.env": `A=${canary}\n` }),
    await refusal({ "compose.yaml": web("env_file: [a.env]"), "a.env": `A="${canary}\n` }),
    await refusal({ "compose.yaml": web("env_file: [a.env]"), "a.env": `${canary} x=1\n` }),
    await refusal({ "compose.yaml": web("env_file: [a.env]"), "a.env": `A=\${B?${canary}}\n` }),
    await refusal({ "compose.yaml": web(""), ".env": `A="${canary}\n` }),
    await refusal({ "compose.yaml": web("secrets: [s], pid: host", "secrets: { s: { file: s } }"), s: canary }),
  ];
  expect(said.join("\n")).not.toContain(canary);
});

test("in the model secrets are nowhere but in secret text", async () => {
  const canary = "hunter2canary";
  const app = await read({
    "compose.yaml": web("env_file: [a.env], secrets: [s]", "secrets: { s: { file: s } }"),
    "a.env": `A=${canary}\n`,
    s: canary,
  });
  const text = inspect(app, { depth: 12 });
  expect(text.split(canary).length - 1).toBe(2);
  expect(text.match(/secret: \[ 'hunter2canary' \]/g)).toHaveLength(2);
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const literal = fc.string({ unit: "grapheme" }).filter((text) => text !== "" && !/[\uE000\uE001]/.test(text));

test("any row of pieces is split into itself", () => {
  const piece = fc.oneof(literal, fc.record({ name }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const merged: typeof pieces = [];
      for (const each of pieces) {
        const last = merged.at(-1);
        if (typeof last === "string" && typeof each === "string") merged[merged.length - 1] = last + each;
        else merged.push(each);
      }
      const text = pieces.map((each) => (typeof each === "string" ? each : placeholder(each.name))).join("");
      const hasSecret = pieces.some((each) => typeof each !== "string");
      expect(toText(text)).toEqual(hasSecret ? { secret: merged } : text);
      expect(secretsIn(text)).toEqual(pieces.flatMap((each) => (typeof each === "string" ? [] : [each.name])));
      expect(secretsIn(showPlaceholders(text))).toEqual([]);
    }),
  );
});

test("known secrets are put in as text", () => {
  fc.assert(
    fc.property(name, literal, literal, (secret, value, around) => {
      const text = toText(`${around}${placeholder(secret)}${around}`, { [secret]: value });
      expect(text).toEqual({ secret: [around, value, around] });
    }),
  );
});

test("variables are found, escaped dollar signs are not", () => {
  expect(variablesOf("$A ${B} ${C:-d} $$E $${F} $$$G $1")).toEqual(["A", "B", "C", "G"]);
});
