import { Store as BaseStore } from "../daemon/store.ts";

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

interface Own {
  /** Third part of the cloud's network, `10.250.<subnet>.0/24`; unknown until the network is made. */
  subnet?: number;
  /** Ports that the machines are told of, by service; kept so that a restart does not move them. */
  ports: Record<string, number>;
  machines: Record<string, Machine>;
  /** By instance, namespace and key. */
  guestAttributes: Record<string, Record<string, Record<string, string>>>;
}

/** All that the cloud knows. */
export class Store extends BaseStore<Own> {
  constructor(file: string) {
    super(file, { ports: {}, machines: {}, guestAttributes: {} });
  }

  get subnet(): number | undefined {
    return this.state.subnet;
  }

  set subnet(value: number) {
    this.state.subnet = value;
    this.write("subnet");
  }

  get ports(): Readonly<Record<string, number>> {
    return this.state.ports;
  }

  setPort(service: string, port: number): void {
    if (this.state.ports[service] === port) return;
    this.state.ports[service] = port;
    this.write(service);
  }

  machine(id: string): Machine | undefined {
    return this.state.machines[id];
  }

  get machines(): Machine[] {
    return Object.values(this.state.machines);
  }

  putMachine(machine: Machine): void {
    this.state.machines[machine.id] = machine;
    this.write(machine.id);
  }

  /** Forgets the machine and what its guest has reported. */
  removeMachine(id: string): void {
    delete this.state.machines[id];
    delete this.state.guestAttributes[id];
    this.write(id);
  }

  guestAttributes(id: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return this.state.guestAttributes[id] ?? {};
  }

  /** @param value undefined removes the key */
  setGuestAttribute(id: string, namespace: string, key: string, value: string | undefined): void {
    this.state.guestAttributes[id] ??= {};
    const attributes = this.state.guestAttributes[id];
    attributes[namespace] ??= {};
    if (value === undefined) delete attributes[namespace][key];
    else attributes[namespace][key] = value;
    if (Object.keys(attributes[namespace]).length === 0) delete attributes[namespace];
    this.write(id);
  }
}
