import { contains, parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";

export interface Subnet {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly availabilityZone: string;
}

export function subnetOf(store: Store, id: string): Subnet | undefined {
  return store.get(types.subnet, id) as unknown as Subnet | undefined;
}

/** @throws AwsError where it is not there */
export function neededSubnet(store: Store, id: string): Subnet {
  const subnet = subnetOf(store, id);
  if (subnet === undefined) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  return subnet;
}

/** @throws AwsError where it is not there */
export function neededVpc(store: Store, id: string): PlainMap {
  const vpc = store.get(types.vpc, id);
  if (vpc === undefined) throw new AwsError("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);
  return vpc;
}

/** The VPC of a security group: one made, or the one that each VPC has from the start. */
export function groupsVpc(store: Store, id: string): string | undefined {
  const group = store.get(types.securityGroup, id);
  if (group !== undefined) return group.vpcId as string;
  return store.all(types.vpc).find(([, vpc]) => vpc.defaultSecurityGroupId === id)?.[0];
}

/** @throws AwsError where one of them is not there, or lies in another VPC */
export function checkGroups(store: Store, ids: readonly string[], vpcId?: string): void {
  for (const id of ids) {
    const own = groupsVpc(store, id);
    if (own === undefined) throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    if (vpcId !== undefined && own !== vpcId) {
      throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not belong to VPC '${vpcId}'`);
    }
  }
}

/** Routes of the table that a subnet uses: its own, or its VPC's main one. */
function routesOf(store: Store, subnetId: string): { readonly destination: string; readonly gatewayId: string }[] {
  const association = store.all(types.routeTableAssociation).find(([, each]) => each.subnetId === subnetId)?.[1];
  const tableId = (association?.routeTableId ??
    store.get(types.vpc, subnetOf(store, subnetId)?.vpcId ?? "")?.mainRouteTableId) as string;
  const inline = (store.get(types.routeTable, tableId)?.routes ?? []) as PlainMap[];
  const own = store.all(types.route).filter(([, route]) => route.routeTableId === tableId);
  return [
    ...inline.map(({ cidrBlock, gatewayId }) => ({
      destination: cidrBlock as string,
      gatewayId: (gatewayId ?? "") as string,
    })),
    ...own.map(([, { destinationCidrBlock, gatewayId }]) => ({
      destination: destinationCidrBlock as string,
      gatewayId: (gatewayId ?? "") as string,
    })),
  ];
}

/** Whether what has a public address in a subnet reaches the internet: by a gateway that is attached to its VPC. */
export function reachesInternet(store: Store, subnetId: string): boolean {
  const vpcId = subnetOf(store, subnetId)?.vpcId;
  return routesOf(store, subnetId).some(
    ({ destination, gatewayId }) =>
      contains(parseCidr(destination), "8.8.8.8") && store.get(types.internetGateway, gatewayId)?.vpcId === vpcId,
  );
}
