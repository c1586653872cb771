import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import type { TaskDefinition } from "../../../../embedded/aws/ecs/taskDefinition.ts";
import { place } from "../../../../embedded/aws/runtime/tasks/place.ts";
import type { NewTask, TaskRecord } from "../../../../embedded/aws/runtime/tasks/record.ts";
import { cluster, container, definition, newWorld, subnet, surroundingsOf, type World } from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-place-"));
afterAll(() => rmSync(folder, { recursive: true }));

let world: World;
beforeEach(() => {
  world = newWorld();
});

const bridge = { networkMode: "bridge", requiresCompatibilities: ["EC2"], cpu: undefined, memory: undefined } as const;
const machine = (id: string) => ({
  containerInstanceArn: `arn:aws:ecs:us-east-1:123456789012:container-instance/test/${id}`,
  clusterArn: cluster,
  ec2InstanceId: `i-${id}`,
  cpu: 2048,
  memory: 1024,
  subnetId: subnet,
  securityGroups: ["sg-machines"],
});

/** Where a task comes to run beside others, each with the machine that it is on. */
function placed(taskDefinition: TaskDefinition, ...there: readonly [TaskDefinition, string][]) {
  for (const [{ taskDefinitionArn }] of there) expect(world.definitions.has(taskDefinitionArn)).toBe(true);
  const current = there.map(
    ([{ taskDefinitionArn }, id]) =>
      ({
        task: { taskDefinitionArn, containerInstanceArn: machine(id).containerInstanceArn, group: "other" },
        place: {},
      }) as unknown as TaskRecord,
  );
  const request = { launchType: "EC2", clusterArn: cluster, group: "service:web" } as NewTask;
  return place(surroundingsOf(world, folder), request, taskDefinition, current);
}

function sized(family: string, cpu: number, memory: number, hostPort = 0, more: Partial<TaskDefinition> = {}) {
  const portMappings = [{ containerPort: 80, hostPort, protocol: "tcp" as const }];
  const made = definition(family, [container("web", { cpu, memory, portMappings })], { ...bridge, ...more });
  world.definitions.set(made.taskDefinitionArn, made);
  return made;
}

it("is on a machine of the cluster, with the machine's network", () => {
  world.instances.push(machine("1"));
  expect(placed(sized("web", 1024, 512, 80))).toEqual({
    place: { launchType: "EC2", subnetId: subnet, securityGroups: ["sg-machines"], assignPublicIp: false },
    availabilityZone: "us-east-1a",
    instance: { containerInstanceArn: machine("1").containerInstanceArn },
  });
});

it("is on the machine that has what it asks for", () => {
  world.instances.push(machine("1"), machine("2"));
  const on = (task: TaskDefinition, other: TaskDefinition) =>
    placed(task, [other, "1"]).instance.containerInstanceArn?.slice(-1);
  expect(on(sized("web", 1024, 512, 80), sized("other", 1024, 512, 81))).toBe("1");
  expect(on(sized("web", 0, 4, 80), sized("other", 0, 4, 80))).toBe("2");
  expect(on(sized("web", 1025, 4), sized("other", 1024, 4))).toBe("2");
  expect(on(sized("web", 0, 513), sized("other", 0, 512))).toBe("2");
});

it.each([
  ["is already using a port required by your task", () => [sized("web", 0, 4, 80), sized("other", 0, 4, 80)]],
  ["has insufficient CPU units available", () => [sized("web", 1024, 4), sized("other", 1025, 4)]],
  ["has insufficient memory available", () => [sized("web", 0, 512), sized("other", 0, 513)]],
  // What the task as a whole asks for counts, where that is said.
  ["has insufficient CPU units available", () => [sized("web", 0, 4, 0, { cpu: "4096" }), sized("other", 0, 4)]],
] as const)("is nowhere where the one machine %s", (reason, make) => {
  world.instances.push(machine("1"));
  const [task, other] = make() as [TaskDefinition, TaskDefinition];
  expect(() => placed(task, [other, "1"])).toThrow(
    `No container instance met all of its requirements. The closest matching (container-instance 1) ${reason}`,
  );
});

it("is nowhere in a cluster without machines", () => {
  expect(() => placed(sized("web", 0, 4))).toThrow("No Container Instances were found in your cluster.");
});
