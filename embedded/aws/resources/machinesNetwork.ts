import type { PlainMap } from "../../core/value.ts";
import type { Home } from "../names.ts";
import { groupUsers } from "../network/securityGroups.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { KindHandler } from "./handler.ts";
import type { Kind, ResourceCloud } from "./kind.ts";
import { routeTable, routeTableAssociation } from "./routing.ts";
import { securityGroup } from "./securityGroup.ts";
import { internetGateway, subnet, subnetUsers, vpc } from "./vpc.ts";

/** The network that a cluster's machines are in. */
export interface MachinesNetwork {
  readonly vpcId: string;
  /** In two availability zones, with a way out. */
  readonly subnetIds: readonly string[];
  /** Security group of the machines, which lets everything out and nobody in. */
  readonly machinesGroupId: string;
}

interface Kept extends MachinesNetwork {
  /** All that it is made of: type and id. */
  readonly parts: readonly (readonly [type: string, id: string])[];
}

/** The network of a cluster's machines, which is made where there is none: a program only names it. */
export async function machinesNetwork(cloud: ResourceCloud, clusterArn: string, home: Home): Promise<MachinesNetwork> {
  const there = kept(cloud.store, clusterArn);
  if (there !== undefined) {
    const { parts: _, ...network } = there;
    return network;
  }
  const parts: [string, string][] = [];
  const make = async (kind: Kind, inputs: PlainMap): Promise<string> => {
    const handler = new KindHandler(kind, cloud, { ...home, defaultTags: {} });
    const call = { urn: "", name: clusterArn, signal: new AbortController().signal, log: () => undefined };
    const { id } = await handler.create(inputs, call);
    parts.push([kind.type, id]);
    return id;
  };
  const vpcId = await make(vpc, { cidrBlock: "10.1.0.0/16" });
  const gatewayId = await make(internetGateway, { vpcId });
  const routeTableId = await make(routeTable, { vpcId, routes: [{ cidrBlock: "0.0.0.0/0", gatewayId }] });
  const subnetIds: string[] = [];
  for (const [n, letter] of ["a", "b"].entries()) {
    const availabilityZone = home.region + letter;
    const subnetId = await make(subnet, { vpcId, availabilityZone, cidrBlock: `10.1.${16 * n}.0/20` });
    await make(routeTableAssociation, { subnetId, routeTableId });
    subnetIds.push(subnetId);
  }
  const everywhere = { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] };
  const machinesGroupId = await make(securityGroup, { vpcId, name: "machines", egress: [everywhere] });
  const made = { vpcId, subnetIds, machinesGroupId };
  cloud.store.put(types.machinesNetwork, clusterArn, { ...made, parts });
  return made;
}

/** Takes it away. @throws where something else is in it */
export function removeMachinesNetwork({ store }: ResourceCloud, clusterArn: string): void {
  const network = kept(store, clusterArn);
  if (network === undefined) return;
  const users = [
    ...network.subnetIds.flatMap((id) => subnetUsers(store, id)),
    ...groupUsers(store, network.machinesGroupId),
  ];
  const [user] = users.filter((id) => store.get(types.containerInstance, id)?.clusterArn !== clusterArn);
  if (user !== undefined) throw new Error(`${user} is in the network of the machines: destroy it first`);
  for (const [type, id] of network.parts) store.remove(type, id);
  store.remove(types.machinesNetwork, clusterArn);
}

function kept(store: Store, clusterArn: string): Kept | undefined {
  return store.get(types.machinesNetwork, clusterArn) as unknown as Kept | undefined;
}
