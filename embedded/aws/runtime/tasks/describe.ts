import type { Attachment, Container, Task } from "../../ecs/task.ts";
import type { ContainerDefinition, TaskDefinition } from "../../ecs/taskDefinition.ts";
import { digits, hex, now, parseArn } from "../../names.ts";
import type { Progress } from "./order.ts";
import type { Where } from "./place.ts";
import { type NewTask, taskId } from "./record.ts";

/** A container of a task as the runtime knows it. */
export interface ContainerState extends Progress {
  /** Docker's id; absent until it is made. */
  readonly id?: string;
  readonly reason?: string;
  readonly imageDigest?: string;
  readonly bindings: Container["networkBindings"];
}

/** A task that has just been asked for. @param where it will be */
export function newTask(
  request: NewTask,
  definition: TaskDefinition,
  { place, availabilityZone, instance }: Where,
): Task {
  const { region = "", account = "" } = parseArn(request.clusterArn) ?? {};
  const cluster = taskId(request.clusterArn);
  const id = hex(32);
  const taskArn = `arn:aws:ecs:${region}:${account}:task/${cluster}/${id}`;
  return {
    taskArn,
    clusterArn: request.clusterArn,
    taskDefinitionArn: definition.taskDefinitionArn,
    group: request.group,
    ...(request.startedBy === undefined ? {} : { startedBy: request.startedBy }),
    launchType: request.launchType,
    ...(request.launchType === "FARGATE" ? { platformVersion: platform(request.platformVersion) } : {}),
    availabilityZone,
    cpu: definition.cpu ?? `${sum(definition, "cpu")}`,
    memory: definition.memory ?? `${sum(definition, "memory")}`,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: definition.containerDefinitions.map((container) => ({
      containerArn: `arn:aws:ecs:${region}:${account}:container/${cluster}/${id}/${uuid()}`,
      taskArn,
      name: container.name,
      image: container.image,
      ...(request.launchType === "FARGATE" ? { runtimeId: `${id}-${digits(10)}` } : {}),
      lastStatus: "PENDING",
      healthStatus: "UNKNOWN",
      networkBindings: [],
      networkInterfaces: [],
      cpu: `${container.cpu}`,
      ...(container.memory === undefined ? {} : { memory: `${container.memory}` }),
      ...(container.memoryReservation === undefined ? {} : { memoryReservation: `${container.memoryReservation}` }),
    })),
    ...instance,
    attachments: definition.networkMode === "awsvpc" ? attachments(place.subnetId ?? "", request) : [],
    overrides: request.overrides,
    tags: request.tags,
    version: 1,
    createdAt: now(),
  };
}

/** A task's containers as the API shows them. */
export function describeContainers(
  task: Task,
  definitions: readonly ContainerDefinition[],
  states: ReadonlyMap<string, ContainerState>,
): Container[] {
  const network = task.attachments.find(({ type }) => type === "ElasticNetworkInterface");
  const address = network?.details.find(({ name }) => name === "privateIPv4Address")?.value;
  return task.containers.map((container): Container => {
    const state = states.get(container.name);
    const definition = definitions.find(({ name }) => name === container.name);
    if (state === undefined || definition === undefined) return container;
    const { phase, exitCode, reason, imageDigest, id } = state;
    return {
      ...container,
      ...(imageDigest === undefined ? {} : { imageDigest }),
      ...(task.launchType === "EC2" && id ? { runtimeId: id } : {}),
      lastStatus: phase === "stopped" ? "STOPPED" : phase === "running" || phase === "stopping" ? "RUNNING" : "PENDING",
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(reason === undefined ? {} : { reason }),
      healthStatus: definition.healthCheck ? state.health : "UNKNOWN",
      networkBindings: state.bindings,
      networkInterfaces: network && address ? [{ attachmentId: network.id, privateIpv4Address: address }] : [],
    };
  });
}

/** Of a task: healthy when all essential containers with a check are, unhealthy when one is. */
export function healthOf(
  definitions: readonly ContainerDefinition[],
  states: ReadonlyMap<string, Progress>,
): Task["healthStatus"] {
  const checked = definitions
    .filter(({ essential, healthCheck }) => essential && healthCheck)
    .map(({ name }) => states.get(name)?.health ?? "UNKNOWN");
  if (checked.includes("UNHEALTHY")) return "UNHEALTHY";
  return checked.length > 0 && checked.every((health) => health === "HEALTHY") ? "HEALTHY" : "UNKNOWN";
}

/** The same attachments, when the task's network is there, or has gone. */
export function attached(
  all: readonly Attachment[],
  status: "ATTACHED" | "DELETED",
  address?: string,
): readonly Attachment[] {
  return all.map((attachment): Attachment => {
    if (attachment.type !== "ElasticNetworkInterface" || address === undefined) return { ...attachment, status };
    const details = [
      { name: "privateDnsName", value: `ip-${address.replaceAll(".", "-")}.ec2.internal` },
      { name: "privateIPv4Address", value: address },
    ];
    return { ...attachment, status, details: [...attachment.details, ...details] };
  });
}

function attachments(subnetId: string, { aliases }: NewTask): Attachment[] {
  const mac = ["0a", ...(hex(10).match(/../g) ?? [])].join(":");
  const details = [
    { name: "subnetId", value: subnetId },
    { name: "networkInterfaceId", value: `eni-0${hex(16)}` },
    { name: "macAddress", value: mac },
  ];
  const interfaces: Attachment = { id: uuid(), type: "ElasticNetworkInterface", status: "PRECREATED", details };
  if (aliases.length === 0) return [interfaces];
  const proxy = [{ name: "ContainerName", value: `ecs-service-connect-${hex(5)}` }];
  return [interfaces, { id: uuid(), type: "Service Connect", status: "PRECREATED", details: proxy }];
}

function platform(version: string | undefined): string {
  return version === undefined || version === "LATEST" ? "1.4.0" : version;
}

function sum({ containerDefinitions }: TaskDefinition, key: "cpu" | "memory"): number {
  return containerDefinitions.reduce((total, container) => total + (container[key] ?? 0), 0);
}

function uuid(): string {
  return hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
