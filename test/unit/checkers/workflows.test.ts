import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pulumi } from "../../../tools/versions.mjs";
import { check, filesBelow } from "../../support/checkers.ts";
import { root } from "../../support/stack.ts";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly permissions?: unknown;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = (await filesBelow(".github/workflows")).filter((file) => /\.ya?ml$/.test(file));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const workflow = (file: string): Workflow => parse(read(`.github/workflows/${file}`));
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);

async function actionlint(args: readonly string[], input?: string): Promise<readonly { readonly message: string }[]> {
  return JSON.parse(await check("actionlint", ["-pyflakes=", "-format", "{{json .}}", ...args], input));
}

async function zizmor(args: readonly string[], input?: string): Promise<readonly { readonly ident: string }[]> {
  const options = ["--offline", "--no-progress", "--no-config", "--persona=auditor", "--format=json"];
  return JSON.parse(await check("zizmor", [...options, ...args], input));
}

const careless = `name: Careless
on: pull_request_target
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v6
        with:
          ref: \${{ github.event.pull_request.head.sha }}
      - run: echo \${{ github.event.pull_request.title }} $UNQUOTED
      - run: echo \${{ github.event.nosuch.thing }} \${{ steps.nosuch.outputs.x }}
`;

it("actionlint and shellcheck find nothing in the workflows", async () => {
  expect(files.length).toBeGreaterThan(3);
  expect(await actionlint(files)).toEqual([]);
});

it("zizmor finds nothing in them, however strict it is", async () => {
  expect(await zizmor([".github"])).toEqual([]);
});

it("what is ignored has its reason beside it", () => {
  const ignored = files.flatMap((file) => read(file).match(/.*zizmor: ignore.*/g) ?? []);
  expect(ignored).toEqual([expect.stringMatching(/workflow_run: # zizmor: ignore\[dangerous-triggers\] \w.{20,}/)]);
});

it("actionlint, shellcheck and zizmor find what is wrong", async () => {
  const messages = (await actionlint(["-"], careless)).map(({ message }) => message).join("\n");
  expect(messages).toContain("potentially untrusted");
  expect(messages).toContain("SC2086");
  expect(messages).toContain('property "nosuch" is not defined');
  const found = (await zizmor(["-"], careless)).map(({ ident }) => ident);
  const expected = ["dangerous-triggers", "template-injection", "unpinned-uses", "artipacked", "excessive-permissions"];
  expect(found).toEqual(expect.arrayContaining(expected));
});

// What the linters do not ask for.
describe.each(files)("%s", (file) => {
  const { permissions, concurrency, jobs } = parse(read(file)) as Workflow;

  it("gives each job the rights it names, and a limit of time", () => {
    expect(permissions).toEqual({});
    expect(concurrency).toBeDefined();
    for (const [name, job] of Object.entries(jobs)) {
      expect(job.permissions, name).toBeTypeOf("object");
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
    }
  });

  it("pins each action by one commit, with its version", () => {
    const uses = [...read(file).matchAll(/uses: *(.*)/g)].map(([, action]) => action);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("hands no stored key to anybody", () => {
    const secrets = [...read(file).matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== "PULUMI_CONFIG_PASSPHRASE")).toEqual([]);
  });
});

it("an action has the same commit and version wherever it is used", () => {
  const pins = new Map<string, Set<string>>();
  for (const [, action = "", pin = ""] of files.flatMap((file) => [...read(file).matchAll(/uses: *([^@]+)@(.*)/g)])) {
    const repository = action.split("/").slice(0, 2).join("/");
    pins.set(repository, (pins.get(repository) ?? new Set()).add(pin));
  }
  expect([...pins].filter(([, versions]) => versions.size > 1)).toEqual([]);
});

describe("previews", () => {
  it("are made by the pinned CLI", () => {
    const step = stepsOf(workflow("preview.yml")).find(({ uses }) => uses?.startsWith("pulumi/actions@"));
    expect(step?.with).toMatchObject({
      "pulumi-version": pulumi.version,
      "comment-on-pr": true,
      "edit-pr-comment": true,
    });
  });

  it("have an identity only for the repository's own pull requests", () => {
    for (const [name, { if: condition = "", permissions }] of Object.entries(workflow("preview.yml").jobs)) {
      const mayWrite = Object.values(permissions as Record<string, string>).includes("write");
      const own = condition.startsWith("github.event.pull_request.head.repo.full_name == github.repository && ");
      expect(mayWrite, name).toBe(own);
    }
  });

  it("are commented on by nothing but the default branch's own script", () => {
    const comment = workflow("preview-comment.yml");
    expect(comment.on).toEqual({ workflow_run: { workflows: [workflow("preview.yml").name], types: ["completed"] } });
    const checkouts = stepsOf(comment).filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.map((step) => step.with)).toEqual([{ "persist-credentials": false }]);
    const commands = stepsOf(comment).flatMap(({ run }) => run?.match(/\b(node|npm|npx|bash|sh) .*?(?=;|$)/gm) ?? []);
    expect(commands).toEqual(['node tools/commentPreviews.mjs "$report"']);
  });
});
