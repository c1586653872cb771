import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import type { LaunchType, Plan, TaskDefinition } from "../../../../components/aws/taskDefinition/model.ts";
import type { App } from "../../../../compose/model.ts";
import { check } from "../../../support/checkers.ts";
import { examples, planned, readExample, removeCopies, render } from "./rendered.ts";

// The golden files show how each app looks on ECS; that AWS takes them is what botocore and moto say.

const cases = Object.keys(examples).flatMap((name) =>
  (["fargate", "ec2"] as const).map((launchType) => ({ name, launchType })),
);

interface Rendered {
  readonly app: App;
  readonly plan: Plan;
  readonly definitions: readonly TaskDefinition[];
}

const all = new Map<string, Rendered>();
const renderedAs = (name: string, launchType: LaunchType) => all.get(`${name}.${launchType}`) as Rendered;

beforeAll(async () => {
  for (const { name, launchType } of cases) {
    const app = await readExample(examples[name] as (typeof examples)[string], launchType);
    const plan = planned(app, launchType);
    all.set(`${name}.${launchType}`, { app, plan, definitions: render(app, plan) });
  }
  return removeCopies;
}, 120_000);

it.each(cases)("renders $name on $launchType", async ({ name, launchType }) => {
  const golden = `../../../goldens/aws/taskDefinition/${name}.${launchType}.json`;
  await expect(shown(renderedAs(name, launchType))).toMatchFileSnapshot(golden);
});

it.each(cases)("renders $name on $launchType the same each time", ({ name, launchType }) => {
  const { app, definitions } = renderedAs(name, launchType);
  const again = { ...app, services: new Map([...app.services].map(([key, service]) => [key, reversed(service)])) };
  expect(JSON.stringify(render(again, planned(again, launchType)))).toBe(JSON.stringify(definitions));
});

it.each(cases)("renders $name on $launchType as Checkov and CIS want a task definition", ({ name, launchType }) => {
  const { app, definitions } = renderedAs(name, launchType);
  for (const definition of definitions) {
    // CKV_AWS_249
    expect(definition.executionRoleArn).not.toBe(definition.taskRoleArn);
    // CKV_AWS_97
    for (const { efsVolumeConfiguration: efs } of definition.volumes) {
      if (efs) expect(efs).toMatchObject({ transitEncryption: "ENABLED", authorizationConfig: { iam: "ENABLED" } });
    }
    for (const container of definition.containerDefinitions) {
      // CKV_AWS_336, as far as the compose file wants it, which each of these does.
      expect(container.readonlyRootFilesystem, container.name).toBe(app.services.get(container.name)?.readOnly ?? true);
      // CKV_AWS_334 and 335 do not see these.
      expect(container).not.toHaveProperty("privileged");
      expect(definition).not.toHaveProperty("pidMode");
      expect(definition).not.toHaveProperty("ipcMode");
      expect(container.linuxParameters?.capabilities?.drop.length, container.name).toBeGreaterThan(0);
    }
  }
});

it("renders nothing secret", () => {
  for (const [name, { plan, definitions }] of all) {
    const contexts = plan.images.flatMap(({ context }) => [...context.values()]);
    expect(JSON.stringify([definitions, contexts]), name).not.toContain("n0t-in-plain-sight");
  }
});

it("renders what botocore and moto's ECS take, and hand back as it was", async () => {
  const definitions = [...all.values()].flatMap((each) => each.definitions);
  const registered = await register(definitions);
  expect(registered.flatMap(({ problems = [] }) => problems)).toEqual([]);
  expect(registered.map(({ containers }) => containers)).toEqual(
    definitions.map(({ containerDefinitions }) => containerDefinitions),
  );
});

it("is told by botocore what AWS would not take", async () => {
  const [definition] = renderedAs("hello-world", "fargate").definitions;
  const wrong = [
    { ...definition, cpus: "1" },
    { ...definition, networkMode: "awspvc" },
    { ...definition, containerDefinitions: [{ name: "web", portMappings: [{ containerPort: "80" }] }] },
  ];
  expect((await register(wrong)).map(({ problems }) => problems?.join())).toEqual([
    expect.stringContaining('Unknown parameter in input: "cpus"'),
    "hello-world-dev-web.networkMode is awspvc, none of bridge, host, awsvpc, none",
    expect.stringContaining("Invalid type for parameter containerDefinitions[0].portMappings[0].containerPort"),
  ]);
});

interface Registered {
  readonly problems?: readonly string[];
  readonly containers?: readonly object[];
}

async function register(definitions: readonly object[]): Promise<Registered[]> {
  return JSON.parse(await check("python3", ["test/support/registerTaskDefinitions.py"], JSON.stringify(definitions)));
}

/** The same, its names in another order. */
function reversed<T extends object>(value: T): T {
  if (Array.isArray(value) || value instanceof Map) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, typeof inner === "object" && inner !== null ? reversed(inner) : inner]),
  ) as T;
}

/** All of a plan that a reader can judge. */
function shown({ plan, definitions }: Rendered): string {
  const base = readFileSync(new URL("../../../../components/aws/prepare/Dockerfile", import.meta.url), "utf8");
  const text = {
    warnings: plan.warnings.map(({ where, field, reason }) => `${where}: ${field} ${reason}`),
    secrets: [...plan.secrets.keys()],
    fileSystems: Object.fromEntries(plan.fileSystems),
    images: Object.fromEntries(
      plan.images.map(({ name, build, context }) => {
        const dockerfile = context.get("Dockerfile");
        const lines = dockerfile?.kind === "file" ? `${dockerfile.content}`.replace(base.trimEnd(), "...") : "";
        return [name, { contexts: build.additionalContexts, dockerfile: lines.trimEnd().split("\n") }];
      }),
    ),
    tasks: plan.tasks,
    definitions,
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}
