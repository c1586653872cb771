import type { App, Service } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import type { ConnectPort, PortMapping } from "./model.ts";
import { ecsName } from "./names.ts";

/** Ports of a service: on Fargate those on which it is reached at all, on EC2 those that are published on the instance. */
export function portMappings(service: Service, listening: readonly number[], launchType: LaunchType): PortMapping[] {
  if (service.networkMode !== "bridge") return [];
  const mappings =
    launchType === "ec2"
      ? service.ports
          .filter(({ hostIp = "" }) => !isLoopback(hostIp))
          .map(({ target, published = 0, protocol }) => ({ containerPort: target, hostPort: published, protocol }))
      : [
          ...listening.map((port) => ({
            name: portName(port),
            containerPort: port,
            hostPort: port,
            protocol: "tcp" as const,
          })),
          ...udpPorts(service).map((port) => ({ containerPort: port, hostPort: port, protocol: "udp" as const })),
        ];
  return mappings.sort(
    (a, b) => a.containerPort - b.containerPort || a.hostPort - b.hostPort || (a.protocol < b.protocol ? -1 : 1),
  );
}

/** UDP ports that a service publishes; Service Connect carries none. */
export function udpPorts({ ports }: Service): number[] {
  return [...new Set(ports.flatMap(({ protocol, target }) => (protocol === "udp" ? [target] : [])))];
}

/** What others reach a service by. */
export function connectPorts(service: Service, listening: readonly number[]): ConnectPort[] {
  if (service.networkMode !== "bridge" || service.job) return [];
  const dnsNames = namesOf(service);
  return listening.map((port) => ({ portName: portName(port), port, dnsNames }));
}

/** Names under which the others know a service: its own first. Names of hosts are the same in any case. */
export function namesOf({ name, networks }: Service): string[] {
  const aliases = [...networks.values()].flatMap((network) => network.aliases).map((alias) => alias.toLowerCase());
  const own = name.toLowerCase();
  return [own, ...[...new Set(aliases)].filter((alias) => alias !== own).sort()];
}

/**
 * Links of a service in a task in bridge mode: to each service before it in the order of dependencies that shares a network with it, by each
 * of its names there.
 */
export function links(app: App, service: Service): string[] {
  const all = [...app.services.values()];
  const before = all.slice(0, all.indexOf(service)).filter((other) => !other.job && other.networkMode === "bridge");
  const found = before.flatMap((other) =>
    [...other.networks].flatMap(([network, { aliases }]) =>
      service.networks.has(network) ? aliases.filter(isLinkable).map((alias) => `${ecsName(other.name)}:${alias}`) : [],
    ),
  );
  return [...new Set(found)].sort();
}

/** Whether a host name can be that of a link, which has no dots. */
export function isLinkable(alias: string): boolean {
  return /^[\w-]+$/.test(alias);
}

function portName(port: number): string {
  return `tcp-${port}`;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
