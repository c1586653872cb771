import { overlap, parseCidr } from "../../core/cidr.ts";
import { AwsError } from "../apiError.ts";
import { newId, zoneId } from "../names.ts";
import { neededVpc, subnetOf } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf, patiently } from "./common.ts";
import type { Kind } from "./kind.ts";

export const vpc: Kind = {
  type: types.vpc,
  api: "EC2",
  noun: "VPC",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    if (inputs.cidrBlock === undefined)
      throw new AwsError("MissingParameter", "The request must contain the parameter CidrBlock");
    const { bits } = range(inputs.cidrBlock as string);
    if (bits < 16 || bits > 28) throw new AwsError("InvalidVpc.Range", `The CIDR '${inputs.cidrBlock}' is invalid.`);
    const id = before?.id ?? newId("vpc-");
    const mainRouteTableId = before?.mainRouteTableId ?? newId("rtb-");
    return {
      enableDnsHostnames: false,
      enableNetworkAddressUsageMetrics: false,
      ...common(inputs, scope),
      id,
      arn: arnOf("ec2", inputs, scope, `vpc/${id}`),
      defaultNetworkAclId: before?.defaultNetworkAclId ?? newId("acl-"),
      defaultRouteTableId: mainRouteTableId,
      defaultSecurityGroupId: before?.defaultSecurityGroupId ?? newId("sg-"),
      dhcpOptionsId: before?.dhcpOptionsId ?? newId("dopt-"),
      mainRouteTableId,
      ipv6AssociationId: "",
      ipv6CidrBlock: "",
      ownerId: scope.place.account,
    };
  },
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      const inside = [types.subnet, types.internetGateway, types.securityGroup, types.routeTable];
      if (inside.some((type) => store.all(type).some(([, { vpcId }]) => vpcId === id))) throw dependency("vpc", id);
    }),
};

export const subnet: Kind = {
  type: types.subnet,
  api: "EC2",
  noun: "Subnet",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const owner = neededVpc(store, inputs.vpcId as string);
    if (inputs.cidrBlock === undefined)
      throw new AwsError("MissingParameter", "The request must contain the parameter CidrBlock");
    const own = range(inputs.cidrBlock as string);
    const whole = range(owner.cidrBlock as string);
    if (own.bits > 28 || own.bits < whole.bits || !overlap(own, whole)) {
      throw new AwsError("InvalidSubnet.Range", `The CIDR '${inputs.cidrBlock}' is invalid.`);
    }
    const other = store
      .all(types.subnet)
      .find(
        ([id, each]) =>
          id !== before?.id && each.vpcId === inputs.vpcId && overlap(range(each.cidrBlock as string), own),
      );
    if (other)
      throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${inputs.cidrBlock}' conflicts with another subnet`);
    const { region } = homeOf(inputs, scope);
    const zone = zoneOf(
      region,
      inputs.availabilityZone as string | undefined,
      inputs.availabilityZoneId as string | undefined,
    );
    const id = before?.id ?? newId("subnet-");
    return {
      enableLniAtDeviceIndex: 0,
      privateDnsHostnameTypeOnLaunch: "ip-name",
      customerOwnedIpv4Pool: "",
      outpostArn: "",
      ...common(inputs, scope),
      id,
      arn: arnOf("ec2", inputs, scope, `subnet/${id}`),
      availabilityZone: zone,
      availabilityZoneId: zoneId(zone),
      ipv6CidrBlock: "",
      ipv6CidrBlockAssociationId: "",
      ownerId: scope.place.account,
    };
  },
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (subnetUsers(store, id).length > 0) throw dependency("subnet", id);
    }),
};

export const internetGateway: Kind = {
  type: types.internetGateway,
  api: "EC2",
  noun: "Internet Gateway",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const id = (before?.id ?? newId("igw-")) as string;
    const vpcId = inputs.vpcId as string | undefined;
    if (vpcId !== undefined) {
      neededVpc(store, vpcId);
      const other = store.all(types.internetGateway).find(([each, outputs]) => each !== id && outputs.vpcId === vpcId);
      if (other)
        throw new AwsError("Resource.AlreadyAssociated", `Network ${vpcId} already has an internet gateway attached`);
    }
    return {
      vpcId: "",
      ...common(inputs, scope),
      id,
      arn: arnOf("ec2", inputs, scope, `internet-gateway/${id}`),
      ownerId: scope.place.account,
    };
  },
  deleting: (_id, { vpcId }, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (!hasPublicAddresses(store, vpcId as string)) return;
      throw new AwsError(
        "DependencyViolation",
        `Network ${vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      );
    }),
};

function hasPublicAddresses(store: Store, vpcId: string): boolean {
  const balancers = store.all(types.loadBalancer).some(([, each]) => each.vpcId === vpcId && each.internal !== true);
  const services = store.all(types.service).some(([, { networkConfiguration }]) => {
    const { subnets = [], assignPublicIp } = (networkConfiguration ?? {}) as {
      subnets?: string[];
      assignPublicIp?: boolean;
    };
    return assignPublicIp === true && subnets.some((id) => subnetOf(store, id)?.vpcId === vpcId);
  });
  return balancers || services;
}

/** What has an address in a subnet. */
export function subnetUsers(store: Store, id: string): string[] {
  const inList = (type: string) =>
    store.all(type).filter(([, outputs]) => ((outputs.subnets ?? []) as string[]).includes(id));
  const direct = [types.mountTarget, types.filesMountTarget, types.containerInstance].flatMap((type) =>
    store.all(type).filter(([, outputs]) => outputs.subnetId === id),
  );
  const services = store
    .all(types.service)
    .filter(([, { networkConfiguration }]) =>
      ((networkConfiguration as { subnets?: string[] } | undefined)?.subnets ?? []).includes(id),
    );
  return [...inList(types.loadBalancer), ...direct, ...services].map(([user]) => user);
}

export function dependency(noun: string, id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${noun} '${id}' has dependencies and cannot be deleted.`);
}

function range(text: string) {
  try {
    return parseCidr(text);
  } catch {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
}

function zoneOf(region: string, name: string | undefined, id: string | undefined): string {
  const zones = ["a", "b", "c"].map((letter) => region + letter);
  const found = zones.find((zone) => (name === undefined ? id === undefined || zoneId(zone) === id : zone === name));
  if (found !== undefined) return found;
  throw new AwsError(
    "InvalidParameterValue",
    `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`,
  );
}
