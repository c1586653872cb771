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
 * Where a task runs: in the subnet that has the fewest of its group's, on a machine of EC2 whose ports are free.
 * @throws {TaskFailure} where there is none
 */
export function place(
  surroundings: Surroundings,
  { launchType, network, clusterArn, group }: NewTask,
  { networkMode, containerDefinitions }: TaskDefinition,
  current: readonly TaskRecord[],
): Where {
  const instance =
    launchType === "EC2" ? freeInstance(surroundings, clusterArn, containerDefinitions, current) : undefined;
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
  containers: TaskDefinition["containerDefinitions"],
  current: readonly TaskRecord[],
): ReturnType<Surroundings["containerInstances"]>[number] {
  const all = surroundings.containerInstances(clusterArn);
  if (all.length === 0) throw new TaskFailure("No Container Instances were found in your cluster.");
  const wanted = containers.flatMap(({ portMappings }) => portMappings.map(({ hostPort }) => hostPort)).filter(Boolean);
  const free = all.find(({ containerInstanceArn }) => {
    const taken = current
      .filter(({ task }) => task.containerInstanceArn === containerInstanceArn)
      .flatMap(({ task }) => surroundings.taskDefinition(task.taskDefinitionArn)?.containerDefinitions ?? [])
      .flatMap(({ portMappings }) => portMappings.map(({ hostPort }) => hostPort));
    return !wanted.some((port) => taken.includes(port));
  });
  if (free === undefined) {
    const closest = all[0]?.containerInstanceArn.split("/").at(-1);
    throw new TaskFailure(
      `No container instance met all of its requirements. The closest matching (container-instance ${closest}) is already using a port required by your task`,
    );
  }
  return free;
}
