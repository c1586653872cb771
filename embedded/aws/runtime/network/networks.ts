import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { addressIn, type Cidr, parseCidr } from "../../../core/cidr.ts";
import { unless, words } from "../../../daemon/containers.ts";
import { cloudLabel } from "../labels.ts";
import { freeRange, usedRanges } from "./ranges.ts";

/** Ranges that are tried before it is given up. */
const mostTries = 5;

/** A network in Docker. */
export interface Network {
  readonly name: string;
  readonly range: string;
  /** This machine's own address in it, at which the cloud's services are for its tasks. */
  readonly gateway: string;
}

/**
 * A network in Docker for each subnet in which tasks run, with the subnet's own range where that is free on this machine.
 * Between two of them nothing passes, nor between two tasks of one: tasks meet through the cloud's proxies.
 */
export class Networks {
  readonly #docker: Docker;
  readonly #cloud: string;
  /** One after another, or two would be given the same range, and one a network that is just going. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(docker: Docker, cloud: string) {
    this.#docker = docker;
    this.#cloud = cloud;
  }

  /** @param id the subnet's, or another name @param range that it would have, if it may choose */
  ensure(id: string, range: string | undefined): Promise<Network> {
    return this.#inTurn(() => this.#ensure(this.#name(id), range));
  }

  /** Removes a network that nothing is in. @param isNeeded asked when its turn has come @returns whether it is gone */
  remove(id: string, isNeeded = () => false): Promise<boolean> {
    return this.#inTurn(async () => !isNeeded() && this.#remove(id));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(act);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #remove(id: string): Promise<boolean> {
    return this.#docker
      .getNetwork(this.#name(id))
      .remove()
      .then(
        () => true,
        (error: { statusCode?: number }) => {
          if (error.statusCode === 404) return true;
          if (error.statusCode === 403) return false;
          throw error;
        },
      );
  }

  /** Removes all networks of the cloud that nothing is in. */
  async sweep(): Promise<void> {
    const filters = { label: [`${cloudLabel}=${this.#cloud}`] };
    for (const { Id } of await this.#docker.listNetworks({ filters })) {
      await this.#docker.getNetwork(Id).remove().catch(unless(403, 404));
    }
  }

  async #ensure(name: string, wanted: string | undefined): Promise<Network> {
    const filters = { label: [`${cloudLabel}=${this.#cloud}`], name: [name] };
    const there = (await this.#docker.listNetworks({ filters })).find(({ Name }) => Name === name);
    const range = there?.IPAM?.Config?.[0]?.Subnet ?? (await this.#create(name, wanted));
    return { name, range, gateway: gatewayOf(range) };
  }

  async #create(name: string, wanted: string | undefined): Promise<string> {
    const start = createHash("sha256").update(name).digest().readUInt8();
    // Another cloud may be about to take what is free: the engine tells of it only when it is refused.
    const refused: Cidr[] = [];
    for (;;) {
      const range = freeRange(wanted, [...(await usedRanges(this.#docker)), ...refused], start);
      try {
        await this.#docker.createNetwork({
          Name: name,
          Driver: "bridge",
          IPAM: { Driver: "default", Config: [{ Subnet: range, Gateway: gatewayOf(range) }] },
          Labels: { [cloudLabel]: this.#cloud },
        });
        return range;
      } catch (error) {
        if (refused.push(parseCidr(range)) > mostTries || !/overlap/i.test(words(error))) throw error;
      }
    }
  }

  #name(id: string): string {
    return `retrofit-aws-${this.#cloud}-${id}`;
  }
}

function gatewayOf(range: string): string {
  return addressIn(parseCidr(range), 1);
}
