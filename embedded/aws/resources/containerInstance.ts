import type { PlainMap } from "../../core/value.ts";
import { arn, hex, newId } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";

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
 * Gives a cluster machines, as whoever looks after it would, by an auto scaling group. A cluster that is not there is made: a program
 * only names it. With the last machine such a cluster goes too.
 */
export async function setCapacity(
  store: Store,
  { cluster, region, account, count, cpu = 2048, memory = 4096 }: Capacity,
): Promise<string> {
  const home = { region, account };
  const clusterArn = arn("ecs", home, `cluster/${cluster}`);
  const before = store.get(types.cluster, clusterArn);
  if (before === undefined && count > 0) {
    store.put(types.cluster, clusterArn, {
      name: cluster,
      arn: clusterArn,
      region,
      settings: [],
      tagsAll: {},
      ownerless: true,
    });
  }
  const own = store.all(types.containerInstance).filter(([, each]) => each.clusterArn === clusterArn);
  for (const [id] of own.slice(count)) store.remove(types.containerInstance, id);
  for (let n = own.length; n < count; n++) {
    const instance = arn("ecs", home, `container-instance/${cluster}/${hex(32)}`);
    const outputs: PlainMap = {
      containerInstanceArn: instance,
      clusterArn,
      ec2InstanceId: newId("i-"),
      cpu,
      memory,
      securityGroups: [],
    };
    store.put(types.containerInstance, instance, outputs);
  }
  if (count === 0 && before?.ownerless === true) store.remove(types.cluster, clusterArn);
  return clusterArn;
}
