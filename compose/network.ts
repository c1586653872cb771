import { BlockList, isIPv4 } from "node:net";
import type { Canonical } from "./canonical.ts";
import type { Network, Service } from "./model.ts";
import type { Reading } from "./reading.ts";
import type { Report } from "./report.ts";

export function toNetworks(canonical: Canonical, { report }: Reading): Map<string, Network> {
  const networks = Object.entries(canonical.networks ?? {}).map(([key, network]): [string, Network] => {
    const {
      name = key,
      driver,
      driver_opts: driverOpts = {},
      external = false,
      internal = false,
      ipam,
      labels = {},
    } = network ?? {};
    if (!external && name !== `${canonical.name}_${key}`) {
      report.warn(
        ["networks", key, "name"],
        "stacks get a network of their own; to use an existing one, say external: true",
      );
    }
    return [
      key,
      {
        name: key,
        internal,
        ...(driver ? { driver } : {}),
        driverOpts,
        labels,
        subnets: (ipam?.config ?? []).map(({ subnet, gateway, ip_range: ipRange }) => ({
          ...(subnet ? { subnet } : {}),
          ...(gateway ? { gateway } : {}),
          ...(ipRange ? { ipRange } : {}),
        })),
        ...(external ? { external: name } : {}),
      },
    ];
  });
  return new Map(networks.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reports fixed addresses that the engine could not give. */
export function checkAddresses(
  services: Iterable<Service>,
  networks: ReadonlyMap<string, Network>,
  report: Report,
): void {
  const holders = new Map<string, string>();
  for (const { name, networks: attachments } of services) {
    for (const [network, { ipv4Address }] of attachments) {
      if (ipv4Address === undefined) continue;
      const path = ["services", name, "networks", network, "ipv4_address"];
      const { external, subnets = [] } = networks.get(network) ?? {};
      const holder = holders.get(`${network} ${ipv4Address}`);
      holders.set(`${network} ${ipv4Address}`, name);
      if (!isIPv4(ipv4Address)) {
        report.problem(path, `is ${ipv4Address}`, "Give an address such as 172.30.0.10");
      } else if (holder !== undefined) {
        report.problem(path, `is ${ipv4Address}, which ${holder} has too`, "Give another address");
      } else if (external === undefined && !isWithin(ipv4Address, subnets)) {
        report.problem(
          path,
          `is ${ipv4Address}, which is in no subnet of the network`,
          `Give networks.${network} an ipam.config with a subnet that has it`,
        );
      }
    }
  }
}

function isWithin(address: string, subnets: Network["subnets"]): boolean {
  const list = new BlockList();
  for (const { subnet = "" } of subnets) {
    const [base = "", bits] = subnet.split("/");
    if (isIPv4(base) && Number(bits) <= 32) list.addSubnet(base, Number(bits));
  }
  return list.check(address);
}
