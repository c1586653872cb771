import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { newId } from "../names.ts";
import { groupUsers, protocolName } from "../network/securityGroups.ts";
import { checkGroups, groupsVpc, neededVpc } from "../network/vpcs.ts";
import { types } from "../types.ts";
import { arnOf, common, patiently } from "./common.ts";
import type { Kind, Scope } from "./kind.ts";

export const securityGroup: Kind = {
  type: types.securityGroup,
  api: "EC2",
  noun: "Security Group",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const { vpcId, name } = inputs;
    if (vpcId === undefined) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user: give a vpcId");
    neededVpc(store, vpcId as string);
    const id = (before?.id ?? newId("sg-")) as string;
    const other = store
      .all(types.securityGroup)
      .find(([each, group]) => each !== id && group.vpcId === vpcId && group.name === name);
    if (other)
      throw new AwsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
    for (const direction of ["ingress", "egress"] as const) {
      for (const rule of (inputs[direction] ?? []) as PlainMap[]) {
        checkPorts(rule.protocol as string, rule.fromPort as number, rule.toPort as number);
        checkGroups(
          store,
          ((rule.securityGroups ?? []) as string[]).filter((each) => each !== id),
        );
      }
    }
    return {
      // The provider takes away the rule that lets everything out, which AWS gives to a new group.
      ingress: before?.ingress ?? [],
      egress: before?.egress ?? [],
      ...common(inputs, scope),
      id,
      arn: arnOf("ec2", inputs, scope, `security-group/${id}`),
      ownerId: scope.place.account,
    };
  },
  created: changed,
  updated: changed,
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (groupUsers(store, id).length > 0)
        throw new AwsError("DependencyViolation", `resource ${id} has a dependent object`);
    }),
  async deleted(id, _outputs, { cloud }) {
    for (const type of [types.ingressRule, types.egressRule]) {
      for (const [rule, { securityGroupId }] of cloud.store.all(type))
        if (securityGroupId === id) cloud.store.remove(type, rule);
    }
  },
};

export const securityGroupRules: readonly Kind[] = (["Ingress", "Egress"] as const).map((direction) => {
  const type = direction === "Ingress" ? types.ingressRule : types.egressRule;
  return {
    type,
    api: "EC2",
    noun: `Security Group ${direction} Rule`,
    operations: {
      creating: `AuthorizeSecurityGroup${direction}`,
      updating: "ModifySecurityGroupRules",
      deleting: `RevokeSecurityGroup${direction}`,
    },
    id: ({ securityGroupRuleId }) => securityGroupRuleId as string,
    outputs(inputs, scope, before) {
      const { store } = scope.cloud;
      const sources = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"].filter(
        (key) => inputs[key] !== undefined,
      );
      if (sources.length !== 1) {
        throw new AwsError(
          "InvalidParameterCombination",
          "exactly one of cidrIpv4, cidrIpv6, prefixListId and referencedSecurityGroupId must be given",
        );
      }
      const { securityGroupId, ipProtocol, fromPort, toPort, referencedSecurityGroupId } = inputs;
      checkGroups(store, [securityGroupId as string]);
      if (referencedSecurityGroupId !== undefined) {
        checkGroups(store, [referencedSecurityGroupId as string], groupsVpc(store, securityGroupId as string));
      }
      checkPorts(ipProtocol as string, fromPort as number | undefined, toPort as number | undefined);
      const keys = [
        "securityGroupId",
        "ipProtocol",
        "fromPort",
        "toPort",
        "cidrIpv4",
        "cidrIpv6",
        "referencedSecurityGroupId",
      ];
      const same = store
        .all(type)
        .find(([id, each]) => id !== before?.securityGroupRuleId && keys.every((key) => each[key] === inputs[key]));
      if (same) {
        throw new AwsError("InvalidPermission.Duplicate", `the specified rule already exists in ${securityGroupId}`);
      }
      const id = before?.securityGroupRuleId ?? newId("sgr-");
      return {
        ...common(inputs, scope),
        securityGroupRuleId: id,
        arn: arnOf("ec2", inputs, scope, `security-group-rule/${id}`),
      };
    },
    created: changed,
    updated: changed,
    deleted: changed,
  } satisfies Kind;
});

/** Who may connect is looked up with each connection, but load balancers' listeners open and close with it. */
async function changed(_id: string, _outputs: PlainMap, ...rest: readonly unknown[]): Promise<undefined> {
  const scope = rest.find((each): each is Scope => typeof each === "object" && each !== null && "cloud" in each);
  await scope?.cloud.runtime.balancingChanged();
  return undefined;
}

function checkPorts(protocol: string, from: number | undefined, to: number | undefined): void {
  const name = protocolName(protocol);
  if (name === "-1") return;
  if (!["tcp", "udp", "icmp", "icmpv6"].includes(name))
    throw new AwsError("InvalidPermission.Malformed", `Unsupported IP protocol "${protocol}"`);
  if (from === undefined || to === undefined)
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
  if (from > to)
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
}
