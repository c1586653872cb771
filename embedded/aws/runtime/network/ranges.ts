import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import { addressIn, type Cidr, overlap, parseCidr, size } from "../../../core/cidr.ts";

/** Ranges for networks whose own is not free here: `10.251.<n>.0/24`. */
const spare = (n: number) => `10.251.${n}.0/24`;

/** The range wanted, or a spare one where something on this machine has it. @param start where to begin among the spare ones */
export function freeRange(wanted: string | undefined, used: readonly Cidr[], start: number): string {
  const candidates = Array.from({ length: 256 }, (_, n) => spare((start + n) % 256));
  const range = [...(wanted === undefined ? [] : [wanted]), ...candidates].find(
    (candidate) => !used.some((other) => overlap(other, parseCidr(candidate))),
  );
  if (range === undefined) {
    throw new Error("no range 10.251.x.0/24 is free: remove Docker networks that are not used (docker network prune)");
  }
  return range;
}

/**
 * The next address of a range for a task, after the last one given, so that what still asks for a task that is gone does not
 * find another. As in AWS the first four and the last are not given.
 */
export function nextAddress(range: string, taken: ReadonlySet<string>, last: string | undefined): string | undefined {
  const cidr = parseCidr(range);
  const [first, count] = [4, size(cidr.bits) - 5];
  const start = last === undefined ? 0 : parseCidr(last).first - cidr.first - first + 1;
  for (let tried = 0; tried < count; tried++) {
    const address = addressIn(cidr, first + ((start + tried) % count));
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** What this machine's interfaces, routes and Docker's networks have. */
export async function usedRanges(docker: Docker): Promise<Cidr[]> {
  const networks = (await docker.listNetworks()).flatMap(({ IPAM }) =>
    (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes(".") ? [Subnet] : [])),
  );
  const interfaces = Object.values(networkInterfaces()).flatMap((all = []) =>
    all.flatMap(({ family, address }) => (family === "IPv4" ? [address] : [])),
  );
  return [...networks, ...interfaces, ...routes(routeTable())].map(parseCidr);
}

function routeTable(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return ""; // not Linux: what runs there is in a machine of its own
  }
}

/** Shorter prefixes are no network of this machine's, but the way to all of somebody's. */
const shortest = 12;

/** The networks of a table as the kernel prints it. */
export function routes(table: string): string[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, destination = "", , , , , , mask = ""]) => {
      const bits = [...Number.parseInt(mask || "0", 16).toString(2)].filter((bit) => bit === "1").length;
      if (bits < shortest) return [];
      const bytes = destination.match(/../g) ?? [];
      return [
        `${bytes
          .reverse()
          .map((byte) => Number.parseInt(byte, 16))
          .join(".")}/${bits}`,
      ];
    });
}
