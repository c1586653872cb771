import type { App } from "../../compose/model.ts";
import { publishedPorts } from "./placement.ts";

export interface OpenedPort {
  readonly service: string;
  readonly protocol: "tcp" | "udp";
  /** Port of the VM. */
  readonly port: number;
  /** Port in the container. */
  readonly target: number;
}

/** What the world may reach: published 80 and 443, and what `expose` lists. */
export function openPorts(app: App): OpenedPort[] {
  const open = new Set([80, 443, ...(app.expose ?? [])]);
  return [...app.services.values()].flatMap((service) => {
    // Which ports a service takes on the VM's own network nobody says.
    if (service.networkMode === "host") {
      return [...open].map((port) => ({ service: service.name, protocol: "tcp" as const, port, target: port }));
    }
    return publishedPorts(service)
      .filter(({ published }) => open.has(published))
      .map(({ protocol, published, target }) => ({ service: service.name, protocol, port: published, target }));
  });
}

/** Ports for which the compose file leaves the number on the host to the engine. */
export function portsWithoutNumber(app: App): { readonly service: string; readonly target: number }[] {
  return [...app.services.values()].flatMap(({ name, ports }) =>
    ports.flatMap(({ published, target }) => (published === undefined ? [{ service: name, target }] : [])),
  );
}
