import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, type Engine, found } from "./engine.ts";

/** Label on a container by which a creation that was cut off can be found again. */
export const creationLabel = "retrofit.creation";

interface Entry {
  readonly pid: number;
  readonly host: string;
}

/**
 * Containers that are being created, each a file in a folder. A server that is killed in the middle of a creation leaves
 * its file; the next server to start removes the container, which no state knows of, and which may hold ports or names.
 * Networks and volumes are made by one request each and need no such thing.
 */
export class Journal {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the token for the container's label */
  begin(engine: Pick<Engine, "host">): string {
    mkdirSync(this.#folder, { recursive: true });
    const token = randomUUID();
    const entry: Entry = { pid: process.pid, host: engine.host };
    // Renamed into place, so that another server never sees half of it and takes it for a dead one's.
    const unfinished = join(this.#folder, token);
    writeFileSync(unfinished, JSON.stringify(entry));
    renameSync(unfinished, this.#path(token));
    return token;
  }

  /** The creation is over: the container is removed again, or known to the engine that asked for it. */
  end(token: string): void {
    rmSync(this.#path(token), { force: true });
  }

  /** Removes what creations of dead servers left on this engine. @returns the names of the containers */
  async sweep(engine: Engine): Promise<string[]> {
    const removed: string[] = [];
    for (const token of this.#tokens()) {
      const entry = this.#entry(token);
      if (entry === undefined || entry.host !== engine.host || isServing(entry.pid)) continue;
      const filters = { label: [`${creationLabel}=${token}`] };
      for (const { Id, Names } of await ask(engine, () => engine.docker.listContainers({ all: true, filters }))) {
        await found(engine, () => engine.docker.getContainer(Id).remove({ force: true, v: true }));
        removed.push(Names[0]?.replace(/^\//, "") ?? Id);
      }
      this.end(token);
    }
    return removed;
  }

  #tokens(): string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder).flatMap((file) =>
      file.endsWith(".json") ? [file.slice(0, -".json".length)] : [],
    );
  }

  /** Undefined when another server has just ended it. */
  #entry(token: string): Entry | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(token), "utf8")) as Entry;
    } catch {
      return undefined;
    }
  }

  #path(token: string): string {
    return join(this.#folder, `${token}.json`);
  }
}

/** Whether the process lives and is still a server: its number may have gone to another process. */
function isServing(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("serve.ts");
  } catch {
    if (existsSync("/proc/self")) return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
