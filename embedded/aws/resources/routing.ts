import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { newId, stable } from "../names.ts";
import { neededSubnet, neededVpc } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf, patiently } from "./common.ts";
import type { Kind } from "./kind.ts";
import { dependency } from "./vpc.ts";

export const routeTable: Kind = {
  type: types.routeTable,
  api: "EC2",
  noun: "Route Table",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const vpcId = inputs.vpcId as string;
    neededVpc(store, vpcId);
    for (const { gatewayId } of (inputs.routes ?? []) as PlainMap[]) checkGateway(store, gatewayId as string, vpcId);
    const id = before?.id ?? newId("rtb-");
    return {
      routes: before?.routes ?? [],
      propagatingVgws: [],
      ...common(inputs, scope),
      id,
      arn: arnOf("ec2", inputs, scope, `route-table/${id}`),
      ownerId: scope.place.account,
    };
  },
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      const used = store.all(types.routeTableAssociation).some(([, { routeTableId }]) => routeTableId === id);
      if (used) throw dependency("routeTable", id);
    }),
  async deleted(id, _outputs, { cloud: { store } }) {
    for (const [route_, { routeTableId }] of store.all(types.route))
      if (routeTableId === id) store.remove(types.route, route_);
  },
};

export const route: Kind = {
  type: types.route,
  api: "EC2",
  noun: "Route",
  // As the provider makes it: of the table's id and a hash of the destination.
  id: ({ routeTableId, destinationCidrBlock }) =>
    `r-${routeTableId}${Number.parseInt(stable(destinationCidrBlock as string, 8), 16)}`,
  imported: (id, { cloud: { store } }) => {
    const [table, destination] = id.split("_");
    const found = store
      .all(types.route)
      .find(([, each]) => each.routeTableId === table && each.destinationCidrBlock === destination);
    return found?.[0] ?? id;
  },
  outputs(inputs, scope) {
    const { store } = scope.cloud;
    const table = tableOf(store, inputs.routeTableId as string);
    if (inputs.destinationCidrBlock === undefined) {
      throw new AwsError("MissingParameter", "The request must contain the parameter DestinationCidrBlock");
    }
    if (inputs.gatewayId === undefined)
      throw new AwsError("MissingParameter", "The request must contain a target of the route");
    checkGateway(store, inputs.gatewayId as string, table.vpcId);
    return {
      ...inputs,
      region: homeOf(inputs, scope).region,
      instanceId: "",
      instanceOwnerId: "",
      networkInterfaceId: "",
      origin: "CreateRoute",
      state: "active",
    };
  },
};

export const routeTableAssociation: Kind = {
  type: types.routeTableAssociation,
  api: "EC2",
  noun: "Route Table Association",
  operations: {
    creating: "AssociateRouteTable",
    updating: "ReplaceRouteTableAssociation",
    deleting: "DisassociateRouteTable",
  },
  id: ({ id }) => id as string,
  imported: (id, { cloud: { store } }) => {
    const [subnetId] = id.split("/");
    return store.all(types.routeTableAssociation).find(([, each]) => each.subnetId === subnetId)?.[0] ?? id;
  },
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    if (inputs.subnetId === undefined)
      throw new AwsError("MissingParameter", "The request must contain the parameter SubnetId");
    const { vpcId } = neededSubnet(store, inputs.subnetId as string);
    if (tableOf(store, inputs.routeTableId as string).vpcId !== vpcId) {
      throw new AwsError(
        "InvalidParameterValue",
        `Route table ${inputs.routeTableId} and subnet ${inputs.subnetId} belong to different networks`,
      );
    }
    const id = before?.id ?? newId("rtbassoc-");
    const other = store
      .all(types.routeTableAssociation)
      .find(([each, { subnetId }]) => each !== id && subnetId === inputs.subnetId);
    if (other) {
      throw new AwsError(
        "Resource.AlreadyAssociated",
        `the specified association for route table ${inputs.routeTableId} conflicts with an existing association`,
      );
    }
    return { ...inputs, region: homeOf(inputs, scope).region, id };
  },
};

function tableOf(store: Store, id: string): { readonly vpcId: string } {
  const table = store.get(types.routeTable, id);
  if (table) return { vpcId: table.vpcId as string };
  const main = store.all(types.vpc).find(([, { mainRouteTableId }]) => mainRouteTableId === id);
  if (main) return { vpcId: main[0] };
  throw new AwsError("InvalidRouteTableID.NotFound", `The routeTable ID '${id}' does not exist`);
}

function checkGateway(store: Store, id: string, vpcId: string): void {
  if (id === "local") return;
  const gateway = store.get(types.internetGateway, id);
  if (gateway === undefined) throw new AwsError("InvalidGatewayID.NotFound", `The gateway ID '${id}' does not exist`);
  if (gateway.vpcId !== vpcId) {
    throw new AwsError("InvalidParameterValue", `route table and network gateway ${id} belong to different networks`);
  }
}
