import { contains, parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { idOf } from "../names.ts";
import type { Instance } from "./instance.ts";

export const firewallType = "gcp:compute/firewall:Firewall";

/** A rule of a VPC network: https://cloud.google.com/firewall/docs/firewalls. */
export interface FirewallRule {
  /** Id of the network. */
  readonly network: string;
  readonly direction: "INGRESS" | "EGRESS";
  /** The lowest number is asked first. */
  readonly priority: number;
  readonly allow: boolean;
  readonly protocols: readonly { readonly protocol: string; readonly ports: readonly string[] }[];
  /** Of the other end. */
  readonly ranges: readonly string[];
  readonly sourceTags: readonly string[];
  readonly sourceAccounts: readonly string[];
  /** Machines that the rule is for; none of both = all. */
  readonly targetTags: readonly string[];
  readonly targetAccounts: readonly string[];
}

/** The rule of a resource; undefined while it is disabled. */
export function firewallRule(outputs: PlainMap): FirewallRule | undefined {
  if (outputs.disabled === true) return undefined;
  const texts = (key: string) => (outputs[key] ?? []) as string[];
  const direction = outputs.direction as FirewallRule["direction"];
  const allows = (outputs.allows ?? []) as PlainMap[];
  const list = allows.length > 0 ? allows : ((outputs.denies ?? []) as PlainMap[]);
  return {
    network: idOf(outputs.network as string, ""),
    direction,
    priority: outputs.priority as number,
    allow: allows.length > 0,
    protocols: list.map(({ protocol, ports }) => ({ protocol: protocol as string, ports: (ports ?? []) as string[] })),
    ranges: direction === "INGRESS" ? texts("sourceRanges") : texts("destinationRanges"),
    sourceTags: texts("sourceTags"),
    sourceAccounts: texts("sourceServiceAccounts"),
    targetTags: texts("targetTags"),
    targetAccounts: texts("targetServiceAccounts"),
  };
}

/** Stands for any address of the internet, which here is this machine. */
const someone = "203.0.113.1";

/**
 * The rules that hold for an instance as a script for nft, on the machine's side of the guest's own firewall. What comes
 * from this machine counts as coming from the internet.
 * @param rules of every network
 * @param peers other instances, for rules that name their sources by tag or account
 * @param bridge addresses that carry the traffic: that of this machine, and the range of all machines
 */
export function firewallScript(
  rules: readonly FirewallRule[],
  instance: Instance,
  peers: readonly Instance[],
  bridge: { readonly gateway: string; readonly range: string },
): string {
  const mine = rules
    .filter((rule) => rule.network === instance.network && aims(rule, instance))
    // Of two with the same priority the one that denies wins.
    .sort((a, b) => a.priority - b.priority || Number(a.allow) - Number(b.allow));
  const [ingress, egress] = (["INGRESS", "EGRESS"] as const).map((way) => mine.filter((r) => r.direction === way));
  const neighbours = peers.filter(({ id, network }) => id !== instance.id && network === instance.network);
  return `table inet vpc
delete table inet vpc
table inet vpc {
  chain ingress {
    type filter hook prerouting priority -190; policy accept;
    iifname != "eth0" accept
    ct state established,related accept
    meta nfproto ipv6 drop
    ip saddr ${bridge.gateway} goto world
    ip saddr ${bridge.range} drop
${verdicts(ingress ?? [], (rule) => sources(rule, neighbours))}
    drop
  }
  chain world {
${verdicts(
  (ingress ?? []).filter(({ ranges }) => ranges.some((range) => contains(parseCidr(range), someone))),
  () => "",
)}
    drop
  }
  chain egress {
    type filter hook postrouting priority 0; policy accept;
    oifname != "eth0" accept
    ct state established,related accept
    ip daddr ${bridge.gateway} accept
${verdicts(egress ?? [], ({ ranges }) => addresses("daddr", ranges))}
  }
}
`;
}

function aims(rule: FirewallRule, { tags, account }: Instance): boolean {
  if (rule.targetTags.length === 0 && rule.targetAccounts.length === 0) return true;
  return (
    rule.targetTags.some((tag) => tags.includes(tag)) ||
    (account !== undefined && rule.targetAccounts.includes(account.email))
  );
}

function sources(rule: FirewallRule, neighbours: readonly Instance[]): string | undefined {
  const named = neighbours.filter(
    ({ tags, account }) =>
      rule.sourceTags.some((tag) => tags.includes(tag)) ||
      (account !== undefined && rule.sourceAccounts.includes(account.email)),
  );
  return addresses("saddr", [...rule.ranges, ...named.map(({ internal }) => internal)]);
}

/** @returns undefined where nothing matches */
function addresses(end: "saddr" | "daddr", ranges: readonly string[]): string | undefined {
  if (ranges.length === 0) return undefined;
  if (ranges.includes("0.0.0.0/0")) return "";
  // nft takes no ranges that overlap in one set.
  const all = [...new Set(ranges)].map((text) => ({ text, range: parseCidr(text) }));
  const widest = all.filter(
    ({ text, range }) =>
      !all.some((other) => other.text !== text && other.range.bits <= range.bits && contains(other.range, base(text))),
  );
  return `ip ${end} { ${widest.map(({ text }) => text).join(", ")} } `;
}

function base(range: string): string {
  return range.split("/", 1)[0] ?? "";
}

function verdicts(rules: readonly FirewallRule[], ends: (rule: FirewallRule) => string | undefined): string {
  return rules
    .flatMap((rule) => {
      const match = ends(rule);
      if (match === undefined) return [];
      return rule.protocols.map((each) => `    ${match}${protocol(each)}${rule.allow ? "accept" : "drop"}`);
    })
    .join("\n");
}

function protocol({ protocol: name, ports }: FirewallRule["protocols"][number]): string {
  if (name === "all") return "";
  if (ports.length === 0) return `meta l4proto ${name} `;
  return `${name} dport { ${ports.join(", ")} } `;
}

/**
 * Where the cloud's services are for a machine: what it sends to Google's addresses goes to this machine.
 * @param to address of this machine on the bridge, and the ports on which the services listen there
 */
export function servicesScript(
  metadata: string,
  apis: string,
  to: { readonly gateway: string; readonly ports: Readonly<Record<string, number>> },
): string {
  const rules = [
    `ip daddr ${metadata} tcp dport 80 dnat to ${to.gateway}:${to.ports.metadata}`,
    `ip daddr ${metadata} udp dport 53 dnat to ${to.gateway}:${to.ports.dns}`,
    `ip daddr ${apis} tcp dport 80 dnat to ${to.gateway}:${to.ports.http}`,
    `ip daddr ${apis} tcp dport 443 dnat to ${to.gateway}:${to.ports.https}`,
  ]
    .map((rule) => `    ${rule}`)
    .join("\n");
  // Before the guest's own translations, those of Docker among them.
  return `table ip services
delete table ip services
table ip services {
  chain sent {
    type nat hook output priority -110; policy accept;
${rules}
  }
  chain passed {
    type nat hook prerouting priority -110; policy accept;
${rules}
  }
}
`;
}
