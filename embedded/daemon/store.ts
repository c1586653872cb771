import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PlainMap } from "../core/value.ts";

/** What every cloud knows. */
export interface StoredState {
  /** Outputs of every resource, by type and id. */
  resources: Record<string, Record<string, PlainMap>>;
  /** Bytes that are secret, encrypted, by name. */
  vault: Record<string, string>;
}

/**
 * All that a cloud knows, in one file that is written whole with each change. Emits `change` with the id of what did.
 * `Own` is what a cloud keeps beside the resources.
 */
export class Store<Own extends object = object> extends EventEmitter<{ change: [id: string] }> {
  readonly #file: string;
  protected readonly state: StoredState & Own;

  /** @param initial what it keeps of its own at first */
  constructor(file: string, initial: Own) {
    super();
    this.setMaxListeners(0); // one a long poll of a metadata server
    this.#file = file;
    this.state = { resources: {}, vault: {}, ...initial, ...read(file) };
  }

  get(type: string, id: string): PlainMap | undefined {
    return this.state.resources[type]?.[id];
  }

  /** Every resource of a type, as pairs of id and outputs. */
  all(type: string): [string, PlainMap][] {
    return Object.entries(this.state.resources[type] ?? {});
  }

  put(type: string, id: string, outputs: PlainMap): void {
    this.state.resources[type] ??= {};
    this.state.resources[type][id] = outputs;
    this.write(id);
  }

  remove(type: string, id: string): void {
    delete this.state.resources[type]?.[id];
    this.write(id);
  }

  /** Types of which there are resources. */
  types(): string[] {
    return Object.keys(this.state.resources).filter((type) => this.all(type).length > 0);
  }

  sealed(name: string): string | undefined {
    return this.state.vault[name];
  }

  setSealed(name: string, value: string | undefined): void {
    if (value === undefined) delete this.state.vault[name];
    else this.state.vault[name] = value;
    this.write(name);
  }

  /** @param id of what has changed */
  protected write(id: string): void {
    const partial = `${this.#file}.partial`;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeFileSync(partial, JSON.stringify(this.state, undefined, 1), { mode: 0o600 });
    renameSync(partial, this.#file);
    this.emit("change", id);
  }
}

function read(file: string): object {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as object;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
