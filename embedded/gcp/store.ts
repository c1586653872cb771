import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PlainMap } from "../core/value.ts";

/** What the cloud runs for an instance. */
export interface Machine {
  /** Of the instance: `projects/p/zones/z/instances/n`. */
  readonly id: string;
  /** Name of the container that is the machine. */
  readonly container: string;
  /** Volume that is its boot disk. */
  readonly volume: string;
  /** Address on the cloud's bridge, which no guest's configuration names. */
  readonly transport: string;
  /** What its owner wants: a machine that dies otherwise is started again. */
  readonly wanted: "RUNNING" | "TERMINATED";
}

interface State {
  /** Third part of the cloud's network, `10.250.<subnet>.0/24`; unknown until the network is made. */
  subnet?: number;
  /** Ports that the machines are told of, by service; kept so that a restart does not move them. */
  ports: Record<string, number>;
  /** Outputs of every resource, by type and id. */
  resources: Record<string, Record<string, PlainMap>>;
  machines: Record<string, Machine>;
  /** By instance, namespace and key. */
  guestAttributes: Record<string, Record<string, Record<string, string>>>;
  /** Bytes that are secret, encrypted, by name. */
  vault: Record<string, string>;
}

/** All that the cloud knows, in one file that is written whole with each change. Emits `change` with the id of what did. */
export class Store extends EventEmitter<{ change: [id: string] }> {
  readonly #file: string;
  readonly #state: State;

  constructor(file: string) {
    super();
    this.setMaxListeners(0); // one a long poll of the metadata server
    this.#file = file;
    this.#state = { ports: {}, resources: {}, machines: {}, guestAttributes: {}, vault: {}, ...read(file) };
  }

  get subnet(): number | undefined {
    return this.#state.subnet;
  }

  set subnet(value: number) {
    this.#state.subnet = value;
    this.#write("subnet");
  }

  get ports(): Readonly<Record<string, number>> {
    return this.#state.ports;
  }

  setPort(service: string, port: number): void {
    if (this.#state.ports[service] === port) return;
    this.#state.ports[service] = port;
    this.#write(service);
  }

  get(type: string, id: string): PlainMap | undefined {
    return this.#state.resources[type]?.[id];
  }

  /** Every resource of a type, as pairs of id and outputs. */
  all(type: string): [string, PlainMap][] {
    return Object.entries(this.#state.resources[type] ?? {});
  }

  put(type: string, id: string, outputs: PlainMap): void {
    this.#state.resources[type] ??= {};
    this.#state.resources[type][id] = outputs;
    this.#write(id);
  }

  remove(type: string, id: string): void {
    delete this.#state.resources[type]?.[id];
    this.#write(id);
  }

  /** Types of which there are resources. */
  types(): string[] {
    return Object.keys(this.#state.resources).filter((type) => this.all(type).length > 0);
  }

  machine(id: string): Machine | undefined {
    return this.#state.machines[id];
  }

  get machines(): Machine[] {
    return Object.values(this.#state.machines);
  }

  putMachine(machine: Machine): void {
    this.#state.machines[machine.id] = machine;
    this.#write(machine.id);
  }

  /** Forgets the machine and what its guest has reported. */
  removeMachine(id: string): void {
    delete this.#state.machines[id];
    delete this.#state.guestAttributes[id];
    this.#write(id);
  }

  guestAttributes(id: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return this.#state.guestAttributes[id] ?? {};
  }

  /** @param value undefined removes the key */
  setGuestAttribute(id: string, namespace: string, key: string, value: string | undefined): void {
    this.#state.guestAttributes[id] ??= {};
    const attributes = this.#state.guestAttributes[id];
    attributes[namespace] ??= {};
    if (value === undefined) delete attributes[namespace][key];
    else attributes[namespace][key] = value;
    if (Object.keys(attributes[namespace]).length === 0) delete attributes[namespace];
    this.#write(id);
  }

  sealed(name: string): string | undefined {
    return this.#state.vault[name];
  }

  setSealed(name: string, value: string | undefined): void {
    if (value === undefined) delete this.#state.vault[name];
    else this.#state.vault[name] = value;
    this.#write(name);
  }

  #write(id: string): void {
    const partial = `${this.#file}.partial`;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeFileSync(partial, JSON.stringify(this.#state, undefined, 1), { mode: 0o600 });
    renameSync(partial, this.#file);
    this.emit("change", id);
  }
}

function read(file: string): Partial<State> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<State>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
