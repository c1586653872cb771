import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { loopbackAddress } from "../balancing/addresses.ts";
import { hex } from "../names.ts";
import { checkGroups, neededSubnet } from "../network/vpcs.ts";
import { types } from "../types.ts";
import { arnOf, common } from "./common.ts";
import type { Kind, ResourceCloud } from "./kind.ts";

/** Zones of the domain names, by region: https://docs.aws.amazon.com/general/latest/gr/elb.html */
const zones: Readonly<Record<string, readonly [application: string, network: string]>> = {
  "us-east-1": ["Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"],
  "us-east-2": ["Z3AADJGX6KTTL2", "ZLMOA37VPKANP"],
  "us-west-2": ["Z1H1FL5HABSF5", "Z18D5FSROUN65G"],
  "eu-central-1": ["Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"],
  "eu-west-1": ["Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"],
};

export const loadBalancer: Kind = {
  type: types.loadBalancer,
  api: "ELBv2",
  noun: "Load Balancer",
  id: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const subnets = (inputs.subnets ?? []) as string[];
    const application = inputs.loadBalancerType === "application";
    const found = subnets.map((id) => neededSubnet(store, id));
    const [{ vpcId } = { vpcId: "" }] = found;
    if (found.some((each) => each.vpcId !== vpcId)) throw invalid("The subnets must be in the same VPC");
    const covered = new Set(found.map(({ availabilityZone }) => availabilityZone));
    if (covered.size < found.length)
      throw new AwsError(
        "InvalidConfigurationRequest",
        "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
      );
    if (covered.size < (application ? 2 : 1)) {
      throw new AwsError(
        "ValidationError",
        `At least ${application ? "two subnets in two different Availability Zones" : "one subnet"} must be specified`,
      );
    }
    if (before && !application && (before.subnets as string[]).some((id) => !subnets.includes(id))) {
      throw invalid("the real provider would replace a network load balancer that loses a subnet");
    }
    const gateway = store.all(types.internetGateway).some(([, each]) => each.vpcId === vpcId);
    if (inputs.internal !== true && !gateway)
      throw new AwsError("InvalidSubnet", `VPC ${vpcId} has no internet gateway`);
    const securityGroups = (inputs.securityGroups ??
      (application ? [store.get(types.vpc, vpcId)?.defaultSecurityGroupId] : [])) as string[];
    checkGroups(store, securityGroups, vpcId);
    if (
      before &&
      !application &&
      ((before.securityGroups as string[]).length === 0) !== (securityGroups.length === 0)
    ) {
      throw invalid(
        "the real provider would replace a network load balancer that gets its first security group, or loses its last",
      );
    }
    if (store.all(types.loadBalancer).some(([, each]) => each.name === inputs.name && each.arn !== before?.arn)) {
      throw new AwsError(
        "DuplicateLoadBalancerName",
        `A load balancer with the same name '${inputs.name}' exists, but with different settings`,
      );
    }
    const suffix = before?.arnSuffix ?? `${application ? "app" : "net"}/${inputs.name}/${hex(16)}`;
    const settled = common(inputs, scope);
    const zone = zones[settled.region as string] ?? ["Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"];
    return {
      internal: false,
      ipAddressType: "ipv4",
      clientKeepAlive: 3600,
      ...settled,
      securityGroups,
      subnets,
      subnetMappings: subnets.map((subnetId) => ({
        subnetId,
        allocationId: "",
        ipv6Address: "",
        outpostId: "",
        privateIpv4Address: "",
      })),
      arn: arnOf("elasticloadbalancing", inputs, scope, `loadbalancer/${suffix}`),
      arnSuffix: suffix,
      dnsName: before?.dnsName ?? nextAddress(scope.cloud),
      vpcId,
      zoneId: zone[application ? 0 : 1],
    };
  },
  async created(_id, { dnsName }, { cloud }) {
    await cloud.tryAddress(dnsName as string);
    await cloud.runtime.balancingChanged();
    return undefined;
  },
  updated: (_id, _outputs, _before, { cloud }) => cloud.runtime.balancingChanged(),
  async deleting(id, { enableDeletionProtection }) {
    if (enableDeletionProtection !== true) return;
    throw new AwsError(
      "OperationNotPermitted",
      `Load balancer '${id}' cannot be deleted because deletion protection is enabled`,
    );
  },
  async deleted(id, _outputs, { cloud }) {
    for (const [listener, { loadBalancerArn }] of cloud.store.all(types.listener)) {
      if (loadBalancerArn === id) cloud.store.remove(types.listener, listener);
    }
    await cloud.runtime.balancingChanged();
  },
};

/** An address that no other load balancer has. */
function nextAddress(cloud: ResourceCloud): string {
  const taken = new Set(cloud.store.all(types.loadBalancer).map(([, { dnsName }]: [string, PlainMap]) => dnsName));
  for (let n = 1; n < 255; n++) {
    const address = loopbackAddress(cloud.id, n);
    if (!taken.has(address)) return address;
  }
  throw new AwsError("TooManyLoadBalancers", "The maximum number of load balancers has been reached");
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidConfigurationRequest", message);
}
