import type { ContainerInstance } from "../../ecs/service.ts";
import type { Task } from "../../ecs/task.ts";
import type { TaskDefinition } from "../../ecs/taskDefinition.ts";
import { type Surroundings, TaskFailure, type TaskPlace } from "../model.ts";
import type { NewTask, TaskRecord } from "./record.ts";

export interface Where {
  readonly place: TaskPlace;
  readonly availabilityZone: string;
  /** What of it the API shows with the task. */
  readonly instance: Pick<Task, "containerInstanceArn">;
}

/**
 * Where a task runs: in the subnet that has the fewest of its group's, on a machine of EC2 that has what it asks for.
 * @throws {TaskFailure} where there is none
 */
export function place(
  surroundings: Surroundings,
  { launchType, network, clusterArn, group }: NewTask,
  definition: TaskDefinition,
  current: readonly TaskRecord[],
): Where {
  const { networkMode } = definition;
  const instance = launchType === "EC2" ? freeInstance(surroundings, clusterArn, definition, current) : undefined;
  const mates = current.filter(({ task }) => task.group === group);
  const crowd = (id: string) => mates.filter(({ place: { subnetId } }) => subnetId === id).length;
  const subnets = networkMode === "awsvpc" ? (network?.subnets ?? []) : [];
  const subnetId = [...subnets].sort((a, b) => crowd(a) - crowd(b))[0] ?? instance?.subnetId;
  return {
    place: {
      launchType,
      ...(subnetId === undefined ? {} : { subnetId }),
      securityGroups: networkMode === "awsvpc" ? (network?.securityGroups ?? []) : (instance?.securityGroups ?? []),
      assignPublicIp: network?.assignPublicIp ?? false,
    },
    availabilityZone: subnetId === undefined ? "" : (surroundings.subnet(subnetId)?.availabilityZone ?? ""),
    instance: instance === undefined ? {} : { containerInstanceArn: instance.containerInstanceArn },
  };
}

function freeInstance(
  surroundings: Surroundings,
  clusterArn: string,
  definition: TaskDefinition,
  current: readonly TaskRecord[],
): ContainerInstance {
  const all = surroundings.containerInstances(clusterArn);
  const [closest] = all;
  if (closest === undefined) throw new TaskFailure("No Container Instances were found in your cluster.");
  const lacking = (instance: ContainerInstance) => {
    const there = current
      .filter(({ task }) => task.containerInstanceArn === instance.containerInstanceArn)
      .flatMap(({ task }) => surroundings.taskDefinition(task.taskDefinitionArn) ?? []);
    return lack(instance, definition, there);
  };
  const free = all.find((instance) => lacking(instance) === undefined);
  if (free !== undefined) return free;
  const id = closest.containerInstanceArn.split("/").at(-1);
  throw new TaskFailure(
    `No container instance met all of its requirements. The closest matching (container-instance ${id}) ${lacking(closest)}`,
  );
}

/** What a machine has not got for another task, in ECS's words. @param there tasks that are on it */
function lack(
  { cpu, memory }: ContainerInstance,
  wanted: TaskDefinition,
  there: readonly TaskDefinition[],
): string | undefined {
  const taken = there.flatMap(portsOf);
  if (portsOf(wanted).some((port) => taken.includes(port))) return "is already using a port required by your task";
  const all = [wanted, ...there];
  if (sum(all.map(cpuOf)) > cpu) return "has insufficient CPU units available";
  if (sum(all.map(memoryOf)) > memory) return "has insufficient memory available";
  return undefined;
}

function portsOf({ containerDefinitions }: TaskDefinition): string[] {
  return containerDefinitions
    .flatMap(({ portMappings }) => portMappings)
    .flatMap(({ hostPort, protocol }) => (hostPort === 0 ? [] : [`${hostPort}/${protocol}`]));
}

/** Units that a task has reserved: as a whole, or what its containers have. */
function cpuOf({ cpu, containerDefinitions }: TaskDefinition): number {
  return cpu === undefined ? sum(containerDefinitions.map((container) => container.cpu)) : Number(cpu);
}

/** MiB. */
function memoryOf({ memory, containerDefinitions }: TaskDefinition): number {
  if (memory !== undefined) return Number(memory);
  return sum(containerDefinitions.map((container) => container.memoryReservation ?? container.memory ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
