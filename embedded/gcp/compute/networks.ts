import { createHash } from "node:crypto";
import { addressIn, parseCidr, size } from "../../core/cidr.ts";
import { baseName, idOf } from "../names.ts";
import type { Store } from "../store.ts";
import type { FirewallRule } from "./firewall.ts";
import { instanceType } from "./instance.ts";

export const networkType = "gcp:compute/network:Network";
export const subnetworkType = "gcp:compute/subnetwork:Subnetwork";

/** Every project begins with an auto mode network of that name and these rules. */
const defaultNetwork = "default";

export function isDefaultNetwork(id: string): boolean {
  return baseName(id) === defaultNetwork;
}

/** https://cloud.google.com/firewall/docs/firewalls#more_rules_default_vpc */
export function defaultRules(project: string): FirewallRule[] {
  const rule = (protocol: string, ports: string[], ranges: string[]): FirewallRule => ({
    network: `projects/${project}/global/networks/${defaultNetwork}`,
    direction: "INGRESS",
    priority: 65534,
    allow: true,
    protocols: [{ protocol, ports }],
    ranges,
    sourceTags: [],
    sourceAccounts: [],
    targetTags: [],
    targetAccounts: [],
  });
  const everyone = ["0.0.0.0/0"];
  const internal = ["10.128.0.0/9"];
  return [
    rule("tcp", ["0-65535"], internal),
    rule("udp", ["0-65535"], internal),
    rule("icmp", [], internal),
    rule("tcp", ["22"], everyone),
    rule("tcp", ["3389"], everyone),
    rule("icmp", [], everyone),
  ];
}

/** The subnetwork that an auto mode network has in a region: somewhere in 10.128.0.0/9. */
export function autoSubnetwork(network: string, region: string): { id: string; range: string } {
  const [, project] = network.split("/");
  const n = createHash("sha256").update(region).digest().readUInt16BE() % 128;
  return {
    id: `projects/${project}/regions/${region}/subnetworks/${baseName(network)}`,
    range: `10.${128 + n}.0.0/20`,
  };
}

/** The range of a subnetwork: its own, or that of an auto mode network of its name. */
export function subnetworkRange(store: Store, id: string): string {
  const own = store.get(subnetworkType, id)?.ipCidrRange;
  if (own) return own as string;
  const [, project, , region = ""] = id.split("/");
  return autoSubnetwork(`projects/${project}/global/networks/${baseName(id)}`, region).range;
}

/** Ranges of the subnetworks in which a network has instances, and of those made for it. */
export function subnetworksOf(store: Store, network: string): string[] {
  const made = store.all(subnetworkType).filter(([, { network: of }]) => idOf(of as string, "") === network);
  return made.map(([, { ipCidrRange }]) => ipCidrRange as string);
}

/** A free address of a subnetwork; its first two and last two are Google's. */
export function freeInternal(store: Store, subnetwork: string): string | undefined {
  const range = parseCidr(subnetworkRange(store, subnetwork));
  const taken = new Set(
    store.all(instanceType).flatMap(([, outputs]) => {
      const [nic] = (outputs.networkInterfaces ?? []) as { subnetwork: string; networkIp: string }[];
      return nic && idOf(nic.subnetwork, "") === subnetwork ? [nic.networkIp] : [];
    }),
  );
  for (let n = 2; n < size(range.bits) - 2; n++) {
    const address = addressIn(range, n);
    if (!taken.has(address)) return address;
  }
  return undefined;
}
