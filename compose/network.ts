import type { Canonical } from "./canonical.ts";
import type { Network } from "./model.ts";
import type { Reading } from "./reading.ts";

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
