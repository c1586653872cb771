import { createHash } from "node:crypto";
import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import { addressIn, overlap, parseCidr } from "../../core/cidr.ts";
import { words } from "../../daemon/containers.ts";
import { cloudLabel } from "./labels.ts";

/** The one network that carries a cloud's traffic: `10.250.<n>.0/24`. */
export interface Bridge {
  /** Docker's name for it. */
  readonly name: string;
  readonly range: string;
  /** This machine's own address. */
  readonly gateway: string;
}

/** Addresses on the bridge: those below carry machines' traffic, those from here on are the world's way to them. */
const firstExternal = 128;

/** @param subnet the third part */
export function bridgeOf(cloud: string, subnet: number): Bridge {
  return { name: `retrofit-gcp-${cloud}`, range: `10.250.${subnet}.0/24`, gateway: `10.250.${subnet}.1` };
}

/** The next free address; undefined where there is none. */
export function freeTransport({ range }: Bridge, taken: ReadonlySet<string>): string | undefined {
  return free(range, 2, firstExternal, taken);
}

export function freeExternal({ range }: Bridge, taken: ReadonlySet<string>): string | undefined {
  return free(range, firstExternal, 255, taken);
}

function free(range: string, from: number, to: number, taken: ReadonlySet<string>): string | undefined {
  for (let n = from; n < to; n++) {
    const address = addressIn(parseCidr(range), n);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/**
 * The cloud's network, made where it is not there.
 * @param subnet the one it had; a free one is taken where there is none
 */
export async function ensureBridge(docker: Docker, cloud: string, subnet: number | undefined): Promise<number> {
  const networks = await docker.listNetworks();
  const own = networks.find(({ Name }) => Name === bridgeOf(cloud, 0).name);
  const used = networks
    .filter((network) => network !== own)
    .flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes(".") ? [Subnet] : [])))
    .concat(
      Object.values(networkInterfaces()).flatMap((all = []) =>
        all.flatMap(({ family, address }) => (family === "IPv4" ? [address] : [])),
      ),
    )
    .map(parseCidr);
  const range = own?.IPAM?.Config?.[0]?.Subnet;
  if (range !== undefined) return Number(range.split(".")[2]);
  const start = subnet ?? createHash("sha256").update(cloud).digest().readUInt8();
  for (let tried = 0; tried < 256; tried++) {
    const n = (start + tried) % 256;
    const bridge = bridgeOf(cloud, n);
    if (used.some((other) => overlap(other, parseCidr(bridge.range)))) continue;
    const made = docker.createNetwork({
      Name: bridge.name,
      Driver: "bridge",
      IPAM: { Driver: "default", Config: [{ Subnet: bridge.range, Gateway: bridge.gateway }] },
      Labels: { [cloudLabel]: cloud },
    });
    const free = await made.then(
      () => true,
      (error: unknown) => {
        // Another cloud has taken it since.
        if (!/overlap/i.test(words(error))) throw error;
        return false;
      },
    );
    if (free) return n;
  }
  throw new Error("no range 10.250.x.0/24 is free: remove Docker networks that are not used (docker network prune)");
}
