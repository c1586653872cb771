import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceSpec, ServiceStatus } from "../../../../embedded/aws/ecs/service.ts";
import type { RunTask, Task } from "../../../../embedded/aws/ecs/task.ts";
import type { TaskDefinition } from "../../../../embedded/aws/ecs/taskDefinition.ts";
import type { LogEvent } from "../../../../embedded/aws/logs.ts";
import type { Runtime } from "../../../../embedded/aws/runtime/model.ts";
import { createRuntime } from "../../../../embedded/aws/runtime/runtime.ts";
import { eventually } from "../../../support/eventually.ts";
import { docker } from "../../../support/stack.ts";
import { cloudId, cluster, newWorld, subnet, surroundingsOf, type World } from "./world.ts";

/** A runtime on the real engine, with a world of a test's own. */
export class Running {
  readonly folder: string;
  readonly world: World;
  readonly runtime: Runtime;
  readonly cloud: string;

  /** @param folder of another that has ended, to go on with what it has left @param world what it knew */
  constructor(folder = mkdtempSync(join(tmpdir(), "retrofit-runtime-")), world = newWorld()) {
    this.folder = folder;
    this.world = world;
    this.runtime = createRuntime(surroundingsOf(world, folder));
    this.cloud = cloudId(folder);
  }

  /** Makes definitions known. */
  define(...definitions: readonly TaskDefinition[]): void {
    for (const each of definitions) this.world.definitions.set(each.taskDefinitionArn, each);
  }

  /** Runs a task by itself. */
  async run(definition: TaskDefinition, changes: Partial<RunTask> = {}): Promise<Task> {
    this.define(definition);
    const [task] = await this.runtime.runTask({
      clusterArn: cluster,
      taskDefinition: definition,
      count: 1,
      launchType: definition.requiresCompatibilities[0] ?? "FARGATE",
      ...(definition.networkMode === "awsvpc"
        ? { network: { subnets: [subnet], securityGroups: ["sg-tasks"], assignPublicIp: true } }
        : {}),
      overrides: { containerOverrides: [] },
      group: `family:${definition.family}`,
      tags: [],
      ...changes,
    });
    if (task === undefined) throw new Error("no task");
    return task;
  }

  /** What has become of a task. */
  task({ taskArn }: Pick<Task, "taskArn">): Task {
    const found = this.runtime.tasks().find((task) => task.taskArn === taskArn);
    if (found === undefined) throw new Error(`no task ${taskArn}`);
    return found;
  }

  /** Waits until a task is as it should be. */
  until(task: Pick<Task, "taskArn">, status: Task["lastStatus"]): Promise<Task> {
    return eventually(async () => {
      const found = this.task(task);
      if (found.lastStatus !== status) throw new Error(`${found.lastStatus}: ${JSON.stringify(found, undefined, 1)}`);
      return found;
    });
  }

  /** Runs a task to its end. */
  async toEnd(definition: TaskDefinition, changes: Partial<RunTask> = {}): Promise<Task> {
    return this.until(await this.run(definition, changes), "STOPPED");
  }

  /** Deploys a service, new or changed. */
  deploy(spec: ServiceSpec, force = false): void {
    this.world.services.set(spec.serviceArn, spec);
    this.runtime.serviceChanged(spec.serviceArn, force);
  }

  /** Waits until a service's status is as a function says. */
  async service(spec: ServiceSpec, is: (status: ServiceStatus) => boolean): Promise<ServiceStatus> {
    return eventually(async () => {
      const status = this.runtime.serviceStatus(spec.serviceArn);
      if (!is(status)) throw new Error(`${JSON.stringify(status, undefined, 1)}\n${this.world.lines.join("\n")}`);
      return status;
    });
  }

  /** Waits until the primary deployment is complete, with nothing beside it. */
  steady(spec: ServiceSpec): Promise<ServiceStatus> {
    return this.service(
      spec,
      ({ deployments: [primary, ...others], runningCount }) =>
        primary?.rolloutState === "COMPLETED" &&
        primary.taskDefinition === spec.taskDefinition &&
        others.length === 0 &&
        runningCount === spec.desiredCount,
    );
  }

  /** Lines of a stream, or of all. */
  async logs(stream?: string): Promise<string[]> {
    return (await this.events(stream)).map(({ message }) => message);
  }

  async events(stream?: string): Promise<LogEvent[]> {
    const events: LogEvent[] = [];
    for await (const event of this.runtime.logs.events("/test")) {
      if (stream === undefined || event.logStreamName.startsWith(stream)) events.push(event);
    }
    return events;
  }

  /** Docker's names of a task's containers, by their names in the definition. */
  async containers({ taskArn }: Pick<Task, "taskArn">): Promise<Record<string, string>> {
    const id = taskArn.split("/").at(-1);
    const format = '{{.Label "retrofit.embedded.aws.container"}} {{.ID}}';
    const text = await docker("ps", "--filter", `label=retrofit.embedded.aws.task=${id}`, "--format", format);
    return Object.fromEntries(text.split("\n").map((line) => line.split(" ")));
  }

  /** What Docker has of it: kinds and names. */
  async left(): Promise<string[]> {
    const filter = ["--filter", `label=retrofit.embedded.aws=${this.cloud}`];
    const lists = await Promise.all([
      docker("ps", "--all", "--format", "container {{.Names}}", ...filter),
      docker("volume", "ls", "--format", "volume {{.Name}}", ...filter),
      docker("network", "ls", "--format", "network {{.Name}}", ...filter),
    ]);
    return lists.flatMap((list) => list.split("\n")).filter(Boolean);
  }

  /** Removes everything. For `afterAll`. */
  async remove(): Promise<void> {
    await this.runtime.dispose();
    rmSync(this.folder, { recursive: true, force: true });
    const left = await this.left();
    if (left.length > 0) throw new Error(`Docker still has ${left.join(", ")}`);
  }
}

/** Name, exit code and reason of each container of a task. */
export function ends({ containers }: Task): [name: string, exitCode: number | undefined, reason: string][] {
  return containers.map(({ name, exitCode, reason }) => [name, exitCode, reason ?? ""]);
}
