import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { afterAll } from "vitest";
import { Cloud } from "../../../embedded/aws/cloud.ts";
import type { ServiceMetrics, ServiceStatus } from "../../../embedded/aws/ecs/service.ts";
import type { RunTask, Task } from "../../../embedded/aws/ecs/task.ts";
import { awsFacts } from "../../../embedded/aws/facts.ts";
import type { LogEvent } from "../../../embedded/aws/logs.ts";
import { hex } from "../../../embedded/aws/names.ts";
import { KindHandler } from "../../../embedded/aws/resources/handler.ts";
import { kinds } from "../../../embedded/aws/resources/kinds.ts";
import type { Runtime, Surroundings } from "../../../embedded/aws/runtime/model.ts";
import { checkResource } from "../../../embedded/core/check.ts";
import type { Call, Observed } from "../../../embedded/core/handler.ts";
import { type PlainMap, plain } from "../../../embedded/core/value.ts";

export const account = "123456789012";
export const region = "eu-central-1";
export const arnPrefix = (service: string) => `arn:aws:${service}:${region}:${account}:`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A runtime that runs nothing, but keeps what it is told and shows what it is given. */
export class RuntimeDouble implements Runtime {
  readonly told: string[] = [];
  readonly requests: RunTask[] = [];
  readonly surroundings: Surroundings;
  running: Task[] = [];
  statuses = new Map<string, ServiceStatus>();
  metrics: ServiceMetrics = { requestsPerTarget: {} };
  /** Lines by log group. */
  readonly lines = new Map<string, LogEvent[]>();

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  readonly logs: Runtime["logs"] = {
    streams: async (group) =>
      [...new Set((this.lines.get(group) ?? []).map(({ logStreamName }) => logStreamName))].map((logStreamName) => ({
        logStreamName,
        creationTime: 0,
        storedBytes: 0,
      })),
    events: (group, stream) => this.#events(group, stream),
    follow: () => () => undefined,
    remove: (group) => void this.told.push(`log group ${group} removed`),
  };

  async *#events(group: string, stream?: string): AsyncGenerator<LogEvent> {
    for (const event of this.lines.get(group) ?? []) {
      if (stream === undefined || event.logStreamName === stream) yield event;
    }
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async dispose(): Promise<void> {}

  async runTask(request: RunTask): Promise<readonly Task[]> {
    this.requests.push(request);
    const tasks = Array.from({ length: request.count }, () => task(request));
    this.running.push(...tasks);
    return tasks;
  }

  async stopTask(taskArn: string, reason: string): Promise<Task> {
    const stopped = this.running.find((each) => each.taskArn === taskArn) as Task;
    return { ...stopped, desiredStatus: "STOPPED", stoppedReason: reason };
  }

  tasks(): readonly Task[] {
    return this.running;
  }

  serviceChanged(arn: string, force: boolean): void {
    this.told.push(`service ${arn.split("/").at(-1)} changed${force ? ", forced" : ""}`);
  }

  async serviceRemoved(arn: string): Promise<void> {
    this.told.push(`service ${arn.split("/").at(-1)} removed`);
  }

  serviceStatus(arn: string): ServiceStatus {
    return (
      this.statuses.get(arn) ?? { status: "ACTIVE", runningCount: 0, pendingCount: 0, deployments: [], events: [] }
    );
  }

  async serviceMetrics(): Promise<ServiceMetrics> {
    return this.metrics;
  }

  async balancingChanged(): Promise<void> {
    this.told.push("balancing changed");
  }

  targetHealth() {
    return [];
  }

  async fileSystemRemoved(id: string): Promise<void> {
    this.told.push(`file system ${id} removed`);
  }
}

function task({ clusterArn, taskDefinition, group, launchType, tags, overrides, startedBy }: RunTask): Task {
  const id = hex(32);
  return {
    taskArn: `${clusterArn.replace(":cluster/", ":task/")}/${id}`,
    clusterArn,
    taskDefinitionArn: taskDefinition.taskDefinitionArn,
    group,
    ...(startedBy ? { startedBy } : {}),
    launchType,
    availabilityZone: `${region}a`,
    cpu: "256",
    memory: "512",
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: [],
    attachments: [],
    overrides,
    tags,
    version: 1,
    createdAt: 1,
  };
}

const call: Call = { urn: "urn", name: "test", signal: new AbortController().signal, log: () => undefined };
const patience = AbortSignal.abort(new Error("impatient"));

/** A cloud without a daemon, and resources that have gone through the provider's own checks. */
export class SampleCloud {
  readonly cloud: Cloud;
  readonly runtime: RuntimeDouble;
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "retrofit-aws-"));
    let made: RuntimeDouble | undefined;
    this.cloud = new Cloud({
      folder: this.folder,
      docker: {} as Docker,
      registry: "127.0.0.1:9",
      createRuntime: (surroundings) => {
        made = new RuntimeDouble(surroundings);
        return made;
      },
      log: () => undefined,
    });
    this.runtime = made as RuntimeDouble;
    folders.push(this.folder);
  }

  /** @param type with or without its module's file: `ec2/vpc` @param tags of the provider */
  handler(type: string, tags: Record<string, string> = {}): KindHandler {
    const kind = kinds.find((each) => each.type.startsWith(`aws:${type}:`));
    if (kind === undefined) throw new Error(`no kind ${type}`);
    return new KindHandler(kind, this.cloud, { region, account, defaultTags: tags });
  }

  /** Inputs as the engine would hand them over. @throws all that is wrong with them */
  checked(type: string, inputs: PlainMap): PlainMap {
    const token = kinds.find((each) => each.type.startsWith(`aws:${type}:`))?.type ?? "";
    const facts = awsFacts.resources[token];
    if (facts === undefined) throw new Error(`no facts of ${type}`);
    const naming = { resource: "test", seed: new Uint8Array([1]) };
    const { inputs: checked, failures } = checkResource(awsFacts, facts, inputs, {}, naming);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return plain(checked);
  }

  async create(type: string, inputs: PlainMap, tags: Record<string, string> = {}): Promise<Observed> {
    return this.handler(type, tags).create(this.checked(type, inputs), call);
  }

  update(type: string, { id, outputs }: Observed, news: PlainMap): Promise<Observed> {
    return this.handler(type).update(id, {}, this.checked(type, news), outputs, call);
  }

  read(type: string, { id, outputs }: Observed, inputs: PlainMap): Promise<Observed | undefined> {
    return this.handler(type).read(id, this.checked(type, inputs), outputs, call);
  }

  /** As an import reads it, by what the program says. */
  imported(type: string, id: string): Promise<Observed | undefined> {
    return this.handler(type).read(id, undefined, {}, call);
  }

  delete(type: string, { id, outputs }: Observed, inputs: PlainMap = {}): Promise<void> {
    return this.handler(type).delete(id, inputs, outputs, call);
  }

  /** Why something cannot be deleted yet; the provider would go on trying. */
  async undeletable(type: string, { id, outputs }: Observed): Promise<string> {
    try {
      await this.handler(type).delete(id, {}, outputs, { ...call, signal: patience });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** A VPC with a way out, and two subnets. */
  async network() {
    const vpc = await this.create("ec2/vpc", { cidrBlock: "10.0.0.0/16" });
    const gateway = await this.create("ec2/internetGateway", { vpcId: vpc.id });
    const table = await this.create("ec2/routeTable", { vpcId: vpc.id });
    await this.create("ec2/route", {
      routeTableId: table.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
    const subnet = async (letter: string, n: number) => {
      const made = await this.create("ec2/subnet", {
        vpcId: vpc.id,
        cidrBlock: `10.0.${n}.0/24`,
        availabilityZone: region + letter,
      });
      await this.create("ec2/routeTableAssociation", { subnetId: made.id, routeTableId: table.id });
      return made;
    };
    const subnets = [await subnet("a", 0), await subnet("b", 1)] as const;
    const group = await this.create("ec2/securityGroup", { vpcId: vpc.id });
    await this.create("vpc/securityGroupEgressRule", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });
    return { vpc, gateway, table, subnets, group };
  }

  /** A role that a service of AWS may take on, with rights to some resources. */
  async role(
    name: string,
    service: string,
    ...rights: (readonly [action: string | string[], resource: string | string[]])[]
  ): Promise<string> {
    const role = await this.create("iam/role", { name, assumeRolePolicy: trust(service) });
    if (rights.length > 0) {
      const Statement = rights.map(([Action, Resource]) => ({ Effect: "Allow", Action, Resource }));
      await this.create("iam/rolePolicy", {
        name: "own",
        role: name,
        policy: JSON.stringify({ Version: "2012-10-17", Statement }),
      });
    }
    return role.outputs.arn as string;
  }

  /** A definition for Fargate of one container. */
  definition(
    containers: PlainMap[] = [{ name: "web", image: "nginx:1", portMappings: [{ name: "http", containerPort: 80 }] }],
    more: PlainMap = {},
  ): Promise<Observed> {
    return this.create("ecs/taskDefinition", fargate(containers, more));
  }
}

export function trust(service: string, more: object = {}): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service }, ...more }],
  });
}

export function fargate(containers: readonly PlainMap[], more: PlainMap = {}): PlainMap {
  return {
    family: "web",
    containerDefinitions: JSON.stringify(containers),
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    ...more,
  };
}
