// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { ageKey, encrypted } from "../../support/sopsFiles.ts";
import { read, refusal } from "./project.ts";

// By the real sops, with age keys made for the run.

const key = ageKey();
const compose = `services:
  web:
    image: nginx:1.28
    env_file: [secret.env]
    environment:
      URL: postgres://u:\${DB_PASSWORD:-none}@db
`;
const plain = 'DB_PASSWORD=hunter2\nOTHER=a $dollar and "quotes"\n';

beforeEach(() => {
  vi.stubEnv("SOPS_AGE_KEY", key.identity);
  vi.stubEnv("SOPS_AGE_KEY_FILE", undefined);
  return () => vi.unstubAllEnvs();
});

test.each([
  ["dotenv", "DB_PASSWORD=hunter2\nEMPTY=\n", { DB_PASSWORD: "hunter2", EMPTY: "" }],
  ["json", '{"DB_PASSWORD": "hunter2"}', { DB_PASSWORD: "hunter2" }],
  ["yaml", "DB_PASSWORD: hunter2\n", { DB_PASSWORD: "hunter2" }],
  ["binary", "export DB_PASSWORD=hunter2\nQUOTED='a $dollar'\n", { DB_PASSWORD: "hunter2", QUOTED: "a $dollar" }],
] as const)("an encrypted env_file, %s", async (type, text, values) => {
  const app = await read({ "compose.yaml": compose, "secret.env": encrypted(text, type, key.recipient) });
  const secret = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value && { secret: [value] }]),
  );
  expect(app.services.get("web")?.environment).toEqual({ ...secret, URL: "postgres://u:none@db" });
});

test("an encrypted env_file between plain ones: the later wins, as without encryption", async () => {
  const app = await read({
    "compose.yaml": "services: { web: { image: nginx, env_file: [a.env, b.env, { path: c.env, required: false }] } }",
    "a.env": "A=1\nB=1\nC=1\n",
    "b.env": encrypted("B=2\nC=2\n", "dotenv", key.recipient),
    "c.env": "C=3\n",
  });
  expect(app.services.get("web")?.environment).toEqual({
    A: { secret: ["1"] },
    B: { secret: ["2"] },
    C: { secret: ["3"] },
  });
});

test("an encrypted .env: what is interpolated from it is secret, in its place", async () => {
  const app = await read({
    "compose.yaml": compose.replace("    env_file: [secret.env]\n", ""),
    ".env": encrypted("DB_PASSWORD=hunter2\nUNUSED=x\n", "dotenv", key.recipient),
  });
  expect(app.services.get("web")?.environment).toEqual({ URL: { secret: ["postgres://u:", "hunter2", "@db"] } });
  expect(app.secretValues).toEqual(["hunter2", "x"]);
});

test("an encrypted file of variables in place of .env, and the stack's configuration above it", async () => {
  const files = {
    "compose.yaml": compose.replace("    env_file: [secret.env]\n", ""),
    "environment.secrets": encrypted("export DB_PASSWORD=hunter2\n", "binary", key.recipient),
  };
  const environmentFiles = ["environment.secrets"];
  const app = await read(files, { environmentFiles });
  expect(app.services.get("web")?.environment).toEqual({ URL: { secret: ["postgres://u:", "hunter2", "@db"] } });
  const named = await read(files, { environmentFiles, secretNames: ["DB_PASSWORD"], environment: { OTHER: "1" } });
  expect(named.services.get("web")?.environment).toEqual({
    URL: { secret: ["postgres://u:", { name: "DB_PASSWORD" }, "@db"] },
  });
});

test.each(["json", "binary"] as const)("an encrypted compose secret, %s", async (type) => {
  const text = type === "json" ? '{\n\t"user": "admin"\n}' : "hunter2\n";
  const app = await read({
    "compose.yaml": `services: { web: { image: nginx, secrets: [key], configs: [page] } }
secrets: { key: { file: key } }
configs: { page: { file: key } }
`,
    key: encrypted(text, type, key.recipient),
  });
  const contents = app.services.get("web")?.files.map(({ content }) => content);
  expect(contents?.map((content) => (typeof content === "string" ? content : content.secret.join("").trim()))).toEqual([
    text.trim(),
    text.trim(),
  ]);
  expect(contents?.every((content) => typeof content === "object")).toBe(true);
});

test("no plain text stays behind", async () => {
  const own = mkdtempSync(join(tmpdir(), "retrofit-test-"));
  onTestFinished(() => rmSync(own, { recursive: true, force: true }));
  vi.stubEnv("TMPDIR", own);
  await read({ "compose.yaml": compose, "secret.env": encrypted(plain, "binary", key.recipient) });
  await refusal({
    "compose.yaml": `${compose}    pid: host\n`,
    "secret.env": encrypted(plain, "binary", key.recipient),
  });
  // The two folders with the compose files are the test's.
  expect(readdirSync(own).filter((name) => !name.startsWith("compose-"))).toEqual([]);
});

test("the key is missing", async () => {
  vi.stubEnv("SOPS_AGE_KEY", ageKey().identity);
  const files = {
    "compose.yaml": `${compose}    secrets: [key]\nsecrets: { key: { file: key.json } }\n`,
    "secret.env": encrypted(plain, "binary", key.recipient),
    "key.json": encrypted('{"a": "hunter2"}', "json", key.recipient),
  };
  const says =
    "is encrypted by sops, and none of the keys it was encrypted for is on this machine. Make the key known to sops: SOPS_AGE_KEY_FILE for age, or credentials for the cloud's KMS.";
  expect(await refusal(files)).toBe(`secret.env: ${says}`);
  expect(await refusal({ ...files, "secret.env": "" })).toBe(
    `compose.yaml:8: secrets.key.file is <folder>/key.json, which ${says}`,
  );
  expect(await refusal({ ...files, ".env": encrypted(plain, "dotenv", key.recipient) })).toBe(`.env: ${says}`);
});

test("sops is missing", async () => {
  const files = { "compose.yaml": compose, "secret.env": encrypted(plain, "binary", key.recipient) };
  vi.stubEnv("PATH", "/nowhere");
  expect(await refusal(files)).toBe(
    "secret.env: is encrypted by sops, which is not on PATH. Run npm run setup, or install sops 3.9 or newer.",
  );
});

test("the file was changed after it was encrypted", async () => {
  const text = encrypted("A=hunter2\nB=hunter3\n", "dotenv", key.recipient);
  const lines = text.split("\n");
  expect(await refusal({ "compose.yaml": compose, "secret.env": lines.slice(1).join("\n") })).toBe(
    "secret.env: was changed after sops encrypted it. Restore it, and edit it by the command sops edit only.",
  );
});

test("an encrypted file that Compose is not told of by a plain path", async () => {
  const files = {
    "compose.yaml": compose.replace("secret.env", '"${NAME}.env"'),
    "secret.env": encrypted("A=hunter2\n", "dotenv", key.recipient),
  };
  expect(await refusal(files, { environment: { NAME: "secret" } })).toBe(
    "compose.yaml:4: services.web.env_file names by a variable a file that sops encrypted, so that it cannot be found to be decrypted. Write its path without a variable.",
  );
});

test("the plain text is no list of variables", async () => {
  const files = { "compose.yaml": compose, "secret.env": encrypted("-- hunter2 --\n", "binary", key.recipient) };
  expect(await refusal(files)).toBe("secret.env:1: is not a file of variables. Write one NAME=value a line.");
});
