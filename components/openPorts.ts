import type { App, Service } from "../compose/model.ts";

/** A port that is published on a host. */
export interface PublishedPort {
  readonly protocol: "tcp" | "udp";
  /** Port of the host. */
  readonly published: number;
  /** Port in the container. */
  readonly target: number;
}

export interface OpenedPort {
  readonly service: string;
  readonly protocol: "tcp" | "udp";
  /** Port under which the world reaches it. */
  readonly port: number;
  /** Port in the container. */
  readonly target: number;
}

/** What the world may reach on a cloud: published 80 and 443, and what `expose` lists. */
export function openPorts(app: App): OpenedPort[] {
  const open = new Set([80, 443, ...(app.expose ?? [])]);
  return [...app.services.values()].flatMap((service) => {
    // Which ports a service takes on the host's own network nobody says.
    if (service.networkMode === "host") {
      return [...open].map((port) => ({ service: service.name, protocol: "tcp" as const, port, target: port }));
    }
    return publishedPorts(service)
      .filter(({ published }) => open.has(published))
      .map(({ protocol, published, target }) => ({ service: service.name, protocol, port: published, target }));
  });
}

/** Ports that a cloud's host publishes; those bound to a loopback address stay in it. */
export function publishedPorts(service: Service): PublishedPort[] {
  if (service.networkMode !== "bridge") return [];
  return service.ports.flatMap(({ protocol, published, target, hostIp = "" }) =>
    published === undefined || hostIp.startsWith("127.") || hostIp === "::1" ? [] : [{ protocol, published, target }],
  );
}

/** Ports for which the compose file leaves the number on the host to the engine. */
export function portsWithoutNumber(app: App): { readonly service: string; readonly target: number }[] {
  return [...app.services.values()].flatMap(({ name, ports }) =>
    ports.flatMap(({ published, target }) => (published === undefined ? [{ service: name, target }] : [])),
  );
}
