import { beforeEach, describe, expect, it } from "vitest";
import type { TaskDefinition } from "../../../embedded/aws/ecs/taskDefinition.ts";
import { awsFacts } from "../../../embedded/aws/facts.ts";
import { definitionOf } from "../../../embedded/aws/resources/taskDefinition.ts";
import { diffResource } from "../../../embedded/core/diff.ts";
import type { ResourceFacts } from "../../../embedded/core/facts.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { arnPrefix, fargate, SampleCloud } from "./sampleCloud.ts";

const type = "ecs/taskDefinition";
const web: PlainMap = { name: "web", image: "nginx:1" };

describe("a task definition", () => {
  let sample: SampleCloud;
  beforeEach(() => {
    sample = new SampleCloud();
  });

  it("is registered as the next revision of its family, and described with ECS's defaults", async () => {
    const first = await sample.definition();
    const second = await sample.definition();
    expect(first).toMatchObject({
      id: "web",
      outputs: {
        arn: `${arnPrefix("ecs")}task-definition/web:1`,
        revision: 1,
        arnWithoutRevision: `${arnPrefix("ecs")}task-definition/web`,
      },
    });
    expect(second.outputs.arn).toBe(`${arnPrefix("ecs")}task-definition/web:2`);
    expect(definitionOf(sample.cloud.store, second.outputs.arn as string)).toMatchObject({
      family: "web",
      revision: 2,
      status: "ACTIVE",
      compatibilities: ["EC2", "FARGATE"],
      containerDefinitions: [
        {
          name: "web",
          essential: true,
          cpu: 0,
          environment: [],
          portMappings: [{ containerPort: 80, hostPort: 80, protocol: "tcp" }],
        },
      ],
    } satisfies Partial<Record<keyof TaskDefinition, unknown>>);
  });

  it("stays as an inactive revision when it is deleted, and its number is not used again", async () => {
    const first = await sample.definition();
    const second = await sample.definition();
    await sample.delete(type, first);
    await sample.delete(type, second);
    expect(definitionOf(sample.cloud.store, first.outputs.arn as string)?.status).toBe("INACTIVE");
    expect((await sample.definition()).outputs.revision).toBe(3);
  });

  it("is read and imported by its ARN, while its id is the family", async () => {
    const inputs = fargate([web]);
    const made = await sample.create(type, inputs);
    await sample.create(type, fargate([{ ...web, image: "nginx:2" }]));
    expect(await sample.read(type, made, inputs)).toMatchObject({ id: "web", outputs: { revision: 1 }, drift: {} });
    expect(await sample.imported(type, made.outputs.arn as string)).toMatchObject({
      id: "web",
      outputs: { revision: 1 },
    });
  });

  it("stays registered with skipDestroy", async () => {
    const made = await sample.create(type, fargate([web], { skipDestroy: true }));
    await sample.delete(type, made);
    expect(definitionOf(sample.cloud.store, made.outputs.arn as string)?.status).toBe("ACTIVE");
  });
});

describe("a changed task definition", () => {
  const facts = awsFacts.resources["aws:ecs/taskDefinition:TaskDefinition"] as ResourceFacts;
  const changes = (old: PlainMap[], now: PlainMap[]) =>
    diffResource(awsFacts, facts, fargate(old), fargate(now)).changes.map(
      ({ path, replace }) => `${path}${replace ? " replaces" : ""}`,
    );
  const app: PlainMap = {
    name: "app",
    image: "app:1",
    environment: [
      { name: "A", value: "1" },
      { name: "B", value: "2" },
    ],
  };

  it.each<[string, PlainMap[], PlainMap[]]>([
    [
      "order of variables",
      [app],
      [
        {
          ...app,
          environment: [
            { name: "B", value: "2" },
            { name: "A", value: "1" },
          ],
        },
      ],
    ],
    ["order of containers", [app, web], [web, app]],
    ["defaults", [app], [{ ...app, essential: true, cpu: 0, mountPoints: [], volumesFrom: [], command: [] }]],
    ["order of fields", [web], [{ image: "nginx:1", name: "web" }]],
  ])("is none where only its %s differ", (_, old, now) => expect(changes(old, now)).toEqual([]));

  it.each<[string, PlainMap[], PlainMap[]]>([
    ["image", [web], [{ ...web, image: "nginx:2" }]],
    ["variable", [app], [{ ...app, environment: [{ name: "A", value: "1" }] }]],
    ["command's order", [{ ...web, command: ["a", "b"] }], [{ ...web, command: ["b", "a"] }]],
  ])("is a new revision with another %s", (_, old, now) =>
    expect(changes(old, now)).toEqual(["containerDefinitions replaces"]),
  );
});
