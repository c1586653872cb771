import type { CanonicalPort } from "./canonical.ts";
import type { Port, Service } from "./model.ts";
import type { Reading } from "./reading.ts";
import type { Report } from "./report.ts";

export function toPorts(service: string, ports: readonly CanonicalPort[], { report }: Reading): Port[] {
  return ports.flatMap(({ target, published, protocol = "tcp", host_ip: hostIp }, index) => {
    const path = ["services", service, "ports", index];
    if (protocol !== "tcp" && protocol !== "udp") {
      report.problem(path, `uses the protocol ${protocol}`, "Publish it as tcp or udp");
      return [];
    }
    if (!inRange(target)) {
      report.problem(path, `has the container port ${target}`, "Give one from 1 to 65535");
      return [];
    }
    if (published?.includes("-")) {
      report.problem(path, `offers the host ports ${published} for one container port`, "Give one host port");
      return [];
    }
    const port = toHostPort(published);
    if (port !== undefined && !inRange(port)) {
      report.problem(
        path,
        `has the host port ${published}`,
        "Give one from 1 to 65535, or none to let the engine choose",
      );
      return [];
    }
    return [{ target, ...(port === undefined ? {} : { published: port }), protocol, ...(hostIp ? { hostIp } : {}) }];
  });
}

/** The TCP ports of `expose`, and those that the extension adds. */
export function toExposed(
  service: string,
  expose: readonly string[],
  { report, extension }: Reading,
): readonly number[] | undefined {
  const added = extension.services?.[service]?.expose ?? [];
  const written = expose.flatMap((text, index) => {
    const [, first = "", last = first, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? [];
    const ports = portsBetween(Number(first), Number(last));
    if (ports === undefined) {
      report.problem(
        ["services", service, "expose", index],
        `is ${text}`,
        "Give a port from 1 to 65535, or a short range",
      );
      return [];
    }
    return protocol === "tcp" ? ports : [];
  });
  const all = [...new Set([...written, ...added])].sort((a, b) => a - b);
  return all.length === 0 ? undefined : all;
}

/** As many as a target can name one by one. */
const longestRange = 100;

function portsBetween(first: number, last: number): number[] | undefined {
  if (!inRange(first) || !inRange(last) || last < first || last - first >= longestRange) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Tells which published ports stay closed on a cloud: all but 80 and 443 and those listed. */
export function warnOfClosedPorts(services: Iterable<Service>, { target, extension, report }: Reading): void {
  if (target === "docker") return;
  const open = [80, 443, ...(extension.expose ?? [])];
  for (const { name, ports } of services) {
    for (const [index, { published }] of ports.entries()) {
      if (published === undefined || open.includes(published)) continue;
      report.warn(
        ["services", name, "ports", index],
        `${published} is not opened to the world: to open it, list it under retrofit:expose`,
      );
    }
  }
}

/** Reports host ports that two containers cannot both have. */
export function checkPublishedPorts(services: Iterable<Service>, report: Report): void {
  const published: { readonly service: string; readonly index: number; readonly port: Port }[] = [];
  for (const { name, ports } of services) {
    for (const [index, port] of ports.entries()) {
      const other = published.find((earlier) => clash(earlier.port, port));
      if (other) {
        const again = other.service === name ? " a second time" : `, which ${other.service} publishes too`;
        report.problem(
          ["services", name, "ports", index],
          `publishes the host port ${port.published}/${port.protocol}${again}`,
          "Give one of them another host port",
        );
      }
      published.push({ service: name, index, port });
    }
  }
}

function clash(a: Port, b: Port): boolean {
  if (a.published === undefined || a.published !== b.published || a.protocol !== b.protocol) return false;
  const everywhere = (ip: string | undefined) => ip === undefined || ip === "0.0.0.0" || ip === "::";
  return a.hostIp === b.hostIp || everywhere(a.hostIp) || everywhere(b.hostIp);
}

/** Docker reads 0 as "choose one". */
function toHostPort(published: string | undefined): number | undefined {
  return published === undefined || published === "" || published === "0" ? undefined : Number(published);
}

function inRange(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
