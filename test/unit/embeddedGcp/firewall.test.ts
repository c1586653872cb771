import { describe, expect, it } from "vitest";
import {
  type FirewallRule,
  firewallRule,
  firewallScript,
  servicesScript,
} from "../../../embedded/gcp/compute/firewall.ts";
import { type Instance, instanceOf } from "../../../embedded/gcp/compute/instance.ts";
import { defaultRules } from "../../../embedded/gcp/compute/networks.ts";
import { instanceOutputs } from "./sampleInstance.ts";

const bridge = { gateway: "10.250.1.1", range: "10.250.1.0/24" };
const web = instanceOf("projects/p/zones/us-east1-b/instances/web", instanceOutputs);
const db: Instance = { ...web, id: "projects/p/zones/us-east1-b/instances/db", tags: ["db"], internal: "10.20.0.3" };
const elsewhere: Instance = {
  ...db,
  id: "projects/p/zones/us-east1-b/instances/x",
  network: "projects/p/global/networks/other",
  internal: "10.9.0.9",
};

const rule = (more: Partial<FirewallRule> = {}): FirewallRule => ({
  network: web.network,
  direction: "INGRESS",
  priority: 1000,
  allow: true,
  protocols: [{ protocol: "tcp", ports: ["80"] }],
  ranges: [],
  sourceTags: [],
  sourceAccounts: [],
  targetTags: [],
  targetAccounts: [],
  ...more,
});

/** The verdicts of one chain. */
function chain(name: "ingress" | "world" | "egress", rules: FirewallRule[], instance = web): string[] {
  const script = firewallScript(rules, instance, [web, db, elsewhere], bridge);
  const body = new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(script)?.[1] ?? "";
  const plumbing = /^(type |iifname|oifname|ct state|meta nfproto|ip saddr 10\.250\.1\.|ip daddr 10\.250\.1\.1 )/;
  return body
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !plumbing.test(line));
}

describe("the firewall of an instance", () => {
  it("lets nothing in without a rule, and everything out", () => {
    expect(chain("ingress", [])).toEqual(["drop"]);
    expect(chain("world", [])).toEqual(["drop"]);
    expect(chain("egress", [])).toEqual([]);
  });

  it("opens to the world what is open to any address, and to nobody else's networks", () => {
    const open = rule({ ranges: ["0.0.0.0/0"] });
    expect(chain("world", [open])).toEqual(["tcp dport { 80 } accept", "drop"]);
    const inner = rule({ ranges: ["10.0.0.0/8", "192.168.0.0/16"] });
    expect(chain("world", [inner])).toEqual(["drop"]);
    expect(chain("ingress", [inner])).toEqual([
      "ip saddr { 10.0.0.0/8, 192.168.0.0/16 } tcp dport { 80 } accept",
      "drop",
    ]);
  });

  it("is for the machines that a rule aims at", () => {
    const tagged = rule({ ranges: ["0.0.0.0/0"], targetTags: ["http-server"] });
    expect(chain("world", [tagged])).toHaveLength(2);
    expect(chain("world", [tagged], db)).toEqual(["drop"]);
    const account = rule({ ranges: ["0.0.0.0/0"], targetAccounts: ["app@p.iam.gserviceaccount.com"] });
    expect(chain("world", [account])).toHaveLength(2);
    expect(chain("world", [rule({ ranges: ["0.0.0.0/0"], network: "projects/p/global/networks/other" })])).toEqual([
      "drop",
    ]);
  });

  it("knows machines of the same network by tag and account", () => {
    expect(chain("ingress", [rule({ sourceTags: ["db"] })])).toEqual([
      "ip saddr { 10.20.0.3 } tcp dport { 80 } accept",
      "drop",
    ]);
    expect(chain("ingress", [rule({ sourceTags: ["nobody"] })])).toEqual(["drop"]);
  });

  it("asks in the order of priority, and of two equals the one that denies first", () => {
    const ranges = ["0.0.0.0/0"];
    const rules = [
      rule({ ranges, priority: 2000, protocols: [{ protocol: "udp", ports: ["53"] }] }),
      rule({ ranges, protocols: [{ protocol: "all", ports: [] }] }),
      rule({ ranges, allow: false, protocols: [{ protocol: "tcp", ports: ["22", "3000-4000"] }] }),
      rule({ ranges, priority: 1, protocols: [{ protocol: "icmp", ports: [] }] }),
    ];
    expect(chain("world", rules)).toEqual([
      "meta l4proto icmp accept",
      "tcp dport { 22, 3000-4000 } drop",
      "accept",
      "udp dport { 53 } accept",
      "drop",
    ]);
  });

  it("leaves out ranges within others, which nft does not take", () => {
    expect(chain("ingress", [rule({ ranges: ["10.1.0.0/16", "10.0.0.0/8", "10.1.2.0/24", "172.16.0.0/12"] })])[0]).toBe(
      "ip saddr { 10.0.0.0/8, 172.16.0.0/12 } tcp dport { 80 } accept",
    );
  });

  it("keeps in what an egress rule denies", () => {
    const denied = rule({ direction: "EGRESS", allow: false, ranges: ["8.8.8.8/32"] });
    expect(chain("egress", [denied])).toEqual(["ip daddr { 8.8.8.8/32 } tcp dport { 80 } drop"]);
    expect(chain("ingress", [denied])).toEqual(["drop"]);
  });

  it("begins with SSH and ping in the default network", () => {
    expect(chain("world", defaultRules("p"))).toEqual([
      "tcp dport { 22 } accept",
      "tcp dport { 3389 } accept",
      "meta l4proto icmp accept",
      "drop",
    ]);
  });

  it("reads a resource's rule, but none that is disabled", () => {
    const outputs = {
      network: "https://www.googleapis.com/compute/v1/projects/p/global/networks/default",
      direction: "INGRESS",
      priority: 900,
      denies: [{ protocol: "tcp" }],
      sourceRanges: ["0.0.0.0/0"],
    };
    expect(firewallRule(outputs)).toEqual(
      rule({ priority: 900, allow: false, protocols: [{ protocol: "tcp", ports: [] }], ranges: ["0.0.0.0/0"] }),
    );
    expect(firewallRule({ ...outputs, disabled: true })).toBeUndefined();
  });
});

it("Google's addresses are this machine's services, for the guest and for its containers", () => {
  const to = { gateway: "10.250.1.1", ports: { metadata: 1, dns: 2, http: 3, https: 4 } };
  const script = servicesScript("169.254.169.254", "199.36.153.8", to);
  for (const hook of ["output", "prerouting"]) expect(script).toContain(`type nat hook ${hook} priority -110`);
  expect(script.match(/ip daddr 199\.36\.153\.8 tcp dport 443 dnat to 10\.250\.1\.1:4/g)).toHaveLength(2);
});
