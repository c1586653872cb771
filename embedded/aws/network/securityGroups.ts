import { contains, parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import type { Endpoint } from "../runtime/model.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";

/** One rule of a security group. */
export interface Rule {
  /** `tcp`, `udp`, or `-1` for all. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly ranges: readonly string[];
  /** Groups that it is about. */
  readonly groups: readonly string[];
}

type Direction = "ingress" | "egress";

/** Rules of a group: those within it, and those that are resources of their own. */
function rulesOf(store: Store, groupId: string, direction: Direction): Rule[] {
  const group = store.get(types.securityGroup, groupId);
  if (group === undefined) return defaultRules(store, groupId, direction);
  const inline = ((group[direction] ?? []) as PlainMap[]).map((rule) => ({
    ...ports(rule.protocol, rule.fromPort, rule.toPort),
    ranges: (rule.cidrBlocks ?? []) as string[],
    groups: [...((rule.securityGroups ?? []) as string[]), ...(rule.self === true ? [groupId] : [])],
  }));
  const type = direction === "ingress" ? types.ingressRule : types.egressRule;
  const own = store
    .all(type)
    .filter(([, rule]) => rule.securityGroupId === groupId)
    .map(([, rule]) => ({
      ...ports(rule.ipProtocol, rule.fromPort, rule.toPort),
      ranges: rule.cidrIpv4 === undefined ? [] : [rule.cidrIpv4 as string],
      groups: rule.referencedSecurityGroupId === undefined ? [] : [rule.referencedSecurityGroupId as string],
    }));
  return [...inline, ...own];
}

/** The group that each VPC has: its members reach each other, and everything. */
function defaultRules(store: Store, groupId: string, direction: Direction): Rule[] {
  if (!store.all(types.vpc).some(([, vpc]) => vpc.defaultSecurityGroupId === groupId)) return [];
  const all = { protocol: "-1", from: 0, to: 65535 };
  return direction === "ingress"
    ? [{ ...all, ranges: [], groups: [groupId] }]
    : [{ ...all, ranges: ["0.0.0.0/0"], groups: [] }];
}

function ports(
  protocol: PlainMap[string] | undefined,
  from: PlainMap[string] | undefined,
  to: PlainMap[string] | undefined,
) {
  const name = protocolName(String(protocol));
  const all = name === "-1" || from === -1;
  return { protocol: name, from: all ? 0 : Number(from), to: all ? 65535 : Number(to) };
}

/** Names stand for numbers: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html */
export function protocolName(protocol: string): string {
  const names: Readonly<Record<string, string>> = { all: "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" };
  return names[protocol.toLowerCase()] ?? protocol.toLowerCase();
}

/** Whether the groups at both ends let a connection through. What has no groups is outside, and bound by nothing. */
export function allows(store: Store, from: Endpoint, to: Endpoint, port: number, protocol: "tcp" | "udp"): boolean {
  const lets = (groups: readonly string[], direction: Direction, other: Endpoint) =>
    groups.length === 0 ||
    groups.some((group) => rulesOf(store, group, direction).some((rule) => covers(rule, other, port, protocol)));
  return lets(from.securityGroups, "egress", to) && lets(to.securityGroups, "ingress", from);
}

function covers(rule: Rule, other: Endpoint, port: number, protocol: string): boolean {
  if (rule.protocol !== "-1" && rule.protocol !== protocol) return false;
  if (port < rule.from || port > rule.to) return false;
  if (rule.groups.some((group) => other.securityGroups.includes(group))) return true;
  return rule.ranges.some((range) => contains(parseCidr(range), other.address));
}

/** What uses a group, for those that may not be deleted: `DependencyViolation`. */
export function groupUsers(store: Store, groupId: string): string[] {
  const members = (type: string, field: string) =>
    store
      .all(type)
      .filter(([, outputs]) => ((outputs[field] ?? []) as string[]).includes(groupId))
      .map(([id]) => id);
  const services = store
    .all(types.service)
    .filter(([, { networkConfiguration }]) =>
      (((networkConfiguration as PlainMap | undefined)?.securityGroups ?? []) as string[]).includes(groupId),
    )
    .map(([id]) => id);
  const references = [types.ingressRule, types.egressRule].flatMap((type) =>
    store
      .all(type)
      .filter(([, rule]) => rule.referencedSecurityGroupId === groupId && rule.securityGroupId !== groupId)
      .map(([id]) => id),
  );
  return [
    ...members(types.loadBalancer, "securityGroups"),
    ...members(types.mountTarget, "securityGroups"),
    ...members(types.filesMountTarget, "securityGroups"),
    ...services,
    ...references,
  ];
}
