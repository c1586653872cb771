import type { ServiceSpec } from "../../ecs/service.ts";
import type { Registration } from "../balancing/targetGroups.ts";
import { taskEndpoint } from "../connect/serviceConnect.ts";
import type { Surroundings } from "../model.ts";
import type { TaskRecord } from "../tasks/record.ts";
import { instanceAddress } from "../tasks/taskNetworks.ts";

/** A running task as a target of a target group; undefined while it has no such port. */
export function registrationOf(
  surroundings: Surroundings,
  record: TaskRecord,
  { containerName, containerPort }: ServiceSpec["loadBalancers"][number],
): Registration | undefined {
  const { task, transport, demanded } = record;
  const common = {
    taskArn: task.taskArn,
    endpoint: taskEndpoint(record),
    neverHealthy: demanded[containerName] === "neverHealthy",
  };
  if (transport !== undefined) {
    return { ...common, id: transport.privateAddress, host: transport.address, port: containerPort };
  }
  const instance = surroundings
    .containerInstances(task.clusterArn)
    .find(({ containerInstanceArn }) => containerInstanceArn === task.containerInstanceArn);
  const binding = task.containers
    .find(({ name }) => name === containerName)
    ?.networkBindings.find((each) => each.containerPort === containerPort && each.protocol === "tcp");
  if (instance === undefined || binding === undefined) return undefined;
  const host = instanceAddress(instance.containerInstanceArn);
  return { ...common, id: instance.ec2InstanceId, host, port: binding.hostPort };
}
