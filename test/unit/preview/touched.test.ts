import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, stacksOf } from "../../../tools/preview/stacks.mjs";
import { appPaths, programOf, touchedStacks } from "../../../tools/preview/touched.mjs";
import { root as project } from "../../support/stack.ts";

/** A checkout in small, with two targets. */
const files = {
  "Pulumi.yaml": "config:\n  retrofit:target: { default: here }\n  retrofit:app: { default: shop }\n",
  "Pulumi.dev.yaml": "# nothing but defaults\n",
  "Pulumi.gone.yaml": "config: { retrofit:app: gone }\n",
  "Pulumi.live.yaml": "config:\n  retrofit:target: cloud\n  retrofit:app: blog/nginx\n",
  "Pulumi.own.local.yaml": "config: {}\n",
  "Pulumi.try.yaml": 'config: { retrofit:target: cloud, retrofit:embedded: "true", retrofit:app: blog/nginx }\n',
  "index.ts":
    'import { a } from "./config.ts";\nswitch (a) {\n  case 1: await import("./targets/here.ts");\n  case 2: await import("./targets/cloud.ts");\n}\n',
  "config.ts": 'import "./config/cloud.ts";\nexport * from "./config/here.ts";\n',
  "config/here.ts": "",
  "config/cloud.ts": "",
  "targets/here.ts": 'import "../components/here/deployment.ts";\n',
  "targets/cloud.ts": 'import {\n  Deployment,\n} from "../components/cloud/deployment.ts";\n',
  "targets/images.ts": "",
  "components/here/deployment.ts": 'import "../images.ts";\nimport "./port.ts";\n',
  "components/here/port.ts": "",
  "components/here/quiet.ts": "",
  "components/cloud/deployment.ts":
    'import "../images.ts";\nimport type { Port } from "../here/port.ts";\nimport "./userData.ts";\n',
  "components/cloud/userData.ts": "export const machine = import.meta.dirname;\n",
  "components/cloud/machine/start": "",
  "components/images.ts": "",
  "components/unused.ts": "",
  "docker/shop/compose.yaml": "services: { web: { build: . } }\n",
  "docker/shop/app.py": "",
  "docker/blog/nginx/compose.yaml":
    "services:\n  web:\n    build: { context: .. }\n    extends: { file: ../../base/compose.common.yaml }\n    volumes: ['$DATA:/data', './conf:/conf']\n    environment: { DATA: ../../../data }\n",
  "docker/base/compose.common.yaml": "services: { web: { env_file: ../shared/web.env } }\n",
};

let root: string;
let stacks: Stack[];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "retrofit-touched-"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  stacks = await stacksOf(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("finds the stacks by their files, with the project's defaults", () => {
  expect(stacks).toEqual([
    { name: "dev", file: "Pulumi.dev.yaml", target: "here", app: "shop", embedded: false },
    { name: "gone", file: "Pulumi.gone.yaml", target: "here", app: "gone", embedded: false },
    { name: "live", file: "Pulumi.live.yaml", target: "cloud", app: "blog/nginx", embedded: false },
    { name: "try", file: "Pulumi.try.yaml", target: "cloud", app: "blog/nginx", embedded: true },
  ]);
});

describe("touchedStacks", () => {
  it.each([
    // The program.
    ["index.ts", "dev gone live try"],
    ["config.ts", "dev gone live try"],
    ["components/images.ts", "dev gone live try"],
    ["Pulumi.yaml", "dev gone live try"],
    ["package.json", "dev gone live try"],
    ["package-lock.json", "dev gone live try"],
    // What only one target is made from.
    ["targets/here.ts", "dev gone"],
    ["config/here.ts", "dev gone"],
    ["components/here/deployment.ts", "dev gone"],
    ["targets/cloud.ts", "live try"],
    ["config/cloud.ts", "live try"],
    ["components/cloud/deployment.ts", "live try"],
    ["components/cloud/machine/start", "live try"],
    ["components/other/machine/start", "dev gone live try"],
    ["components/Dockerfile", "dev gone live try"],
    // What one target takes from another.
    ["components/here/port.ts", "dev gone live try"],
    // What nothing imports, or no more.
    ["components/unused.ts", ""],
    ["components/here/quiet.ts", ""],
    ["components/removed.ts", ""],
    // Stacks and their apps, removed ones too.
    ["Pulumi.live.yaml", "live"],
    ["Pulumi.removed.yaml", ""],
    ["docker/shop/app.py", "dev"],
    ["docker/shop/removed.py", "dev"],
    ["docker/gone/app.py", "gone"],
    ["docker/shopping/app.py", ""],
    ["docker/blog/app.py", "live try"],
    ["docker/base/compose.common.yaml", "live try"],
    ["docker/base/other.yaml", ""],
    ["docker/shared/web.env", "live try"],
    ["data/first", "live try"],
    // What no stack is made from.
    ["README.md", ""],
    ["docs/gcp.md", ""],
    ["test/unit/x.test.ts", ""],
    [".github/workflows/verify.yml", ""],
    ["tools/cli.mjs", ""],
    ["biome.json", ""],
    ["embedded/cloud/main.ts", "try"],
    // What nobody has thought of.
    ["policies/deny.json", "dev gone live try"],
    ["policies/deny.ts", "dev gone live try"],
    [".npmrc", "dev gone live try"],
  ])("%s: %s", (file, expected) => {
    const touched = touchedStacks(root, stacks, [file]);
    expect(touched.map(({ stack }) => stack.name).join(" ")).toBe(expected);
    for (const { because } of touched) expect(because).toEqual([file]);
  });

  it("tells for each stack the files that touch it", () => {
    const changed = ["README.md", "docker/shop/app.py", "targets/cloud.ts", "index.ts"];
    const because = touchedStacks(root, stacks, changed).map((each) => [each.stack.name, each.because]);
    expect(Object.fromEntries(because)).toEqual({
      dev: ["docker/shop/app.py", "index.ts"],
      gone: ["index.ts"],
      live: ["targets/cloud.ts", "index.ts"],
      try: ["targets/cloud.ts", "index.ts"],
    });
  });
});

it("an app that is the whole checkout is touched by all of it", () => {
  const whole = { ...(stacks[0] as Stack), app: root };
  expect(touchedStacks(root, [whole], ["README.md"])).toEqual([{ stack: whole, because: ["README.md"] }]);
});

it("an app outside of the checkout is none of its changes' concern", () => {
  expect(appPaths(root, tmpdir())).toEqual([]);
  expect(appPaths(root, join(root, "docker/shop/compose.yaml"))).toEqual([
    "docker/shop/compose.yaml",
    "docker/shop/compose.yaml/",
    "docker/shop",
    "docker/shop/",
  ]);
});

// The rules hold for the program as it is.
describe("this project", () => {
  const targets = ["docker", "gcp", "aws"];
  const modules = Object.fromEntries(targets.map((target) => [target, programOf(project, target, targets)]));

  it.each(targets)("%s: its program has the deployment, and no other target's", (target) => {
    const found = [...(modules[target] as string[])];
    expect(found).toEqual(expect.arrayContaining(["index.ts", "compose/read.ts", `targets/${target}.ts`]));
    const others = targets.filter((each) => each !== target).map((each) => `targets/${each}.ts`);
    expect(found.filter((file) => others.includes(file))).toEqual([]);
  });

  it("leaves out of the program only what no stack runs", async () => {
    const stacks = await stacksOf(project);
    expect(stacks.length).toBeGreaterThan(0);
    const of = (file: string) => touchedStacks(project, stacks, [file]).map(({ stack }) => stack);
    expect(of("index.ts")).toEqual(stacks);
    expect(of("components/gcp/machine/deploy")).toEqual(stacks.filter(({ target }) => target === "gcp"));
    expect(of("docs/gcp.md")).toEqual([]);
    for (const stack of stacks) expect(of(stack.file)).toEqual([stack]);
  });
});
