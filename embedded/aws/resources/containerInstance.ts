import type { PlainMap } from "../../core/value.ts";
import { arn, hex, newId } from "../names.ts";
import { types } from "../types.ts";
import type { ResourceCloud } from "./kind.ts";
import { type MachinesNetwork, machinesNetwork, removeMachinesNetwork } from "./machinesNetwork.ts";

/** Machines that a cluster is to have. */
export interface Capacity {
  readonly cluster: string;
  readonly region: string;
  readonly account: string;
  readonly count: number;
  /** Units of 1/1024 vCPU, each. @default 2048 */
  readonly cpu?: number;
  /** MiB, each. @default 4096 */
  readonly memory?: number;
}

/**
 * Gives a cluster machines in a network of their own, as whoever looks after it would, by an auto scaling group. A cluster that is not
 * there is made: a program only names it. With the last machine such a cluster goes too, and the network.
 *
 * @returns where the machines are; undefined where there are none
 */
export async function setCapacity(
  cloud: ResourceCloud,
  { cluster, region, account, count, cpu = 2048, memory = 4096 }: Capacity,
): Promise<MachinesNetwork | undefined> {
  const { store, runtime } = cloud;
  const home = { region, account };
  const clusterArn = arn("ecs", home, `cluster/${cluster}`);
  const own = store.all(types.containerInstance).filter(([, each]) => each.clusterArn === clusterArn);
  const surplus = own.slice(count).map(([id]) => id);
  const running = runtime.tasks().filter(({ lastStatus }) => lastStatus !== "STOPPED");
  const task = running.find(({ containerInstanceArn = "" }) => surplus.includes(containerInstanceArn));
  if (task !== undefined) throw new Error(`${task.taskArn} runs on a machine that would go: stop it first`);
  if (count === 0) removeMachinesNetwork(cloud, clusterArn);
  for (const id of surplus) store.remove(types.containerInstance, id);

  const before = store.get(types.cluster, clusterArn);
  if (count === 0) {
    if (before?.ownerless === true) store.remove(types.cluster, clusterArn);
    return undefined;
  }
  if (before === undefined) {
    store.put(types.cluster, clusterArn, {
      name: cluster,
      arn: clusterArn,
      region,
      settings: [],
      tagsAll: {},
      ownerless: true,
    });
  }
  const network = await machinesNetwork(cloud, clusterArn, home);
  for (let n = own.length; n < count; n++) {
    const instance = arn("ecs", home, `container-instance/${cluster}/${hex(32)}`);
    const outputs: PlainMap = {
      containerInstanceArn: instance,
      clusterArn,
      ec2InstanceId: newId("i-"),
      cpu,
      memory,
      subnetId: network.subnetIds[n % network.subnetIds.length] as string,
      securityGroups: [network.machinesGroupId],
    };
    store.put(types.containerInstance, instance, outputs);
  }
  return network;
}
