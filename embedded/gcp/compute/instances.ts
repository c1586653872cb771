import { parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { apiAddress, metadataAddress } from "../dns.ts";
import type { Machine, Store } from "../store.ts";
import { diskFile } from "./disk.ts";
import { firewallRule, firewallScript, firewallType, servicesScript } from "./firewall.ts";
import type { End, Hypervisor } from "./hypervisor.ts";
import { type AttachedDisk, type Instance, instanceOf, instanceType } from "./instance.ts";
import { type Bridge, freeTransport } from "./network.ts";
import { defaultRules, subnetworkRange, subnetworksOf } from "./networks.ts";
import { type Plug, plugScript, powerScript, rulesScript, unplugScript } from "./script.ts";

export const attachedDiskType = "gcp:compute/attachedDisk:AttachedDisk";

/** Seconds that a guest has to shut down, and milliseconds until a machine that died is started again. */
const shutdownTime = 30;
const restartDelay = 1000;

/** The instances of the cloud and the machines that are behind them. */
export class Instances {
  readonly #store: Store;
  readonly #hypervisor: Hypervisor;
  readonly #bridge: () => Bridge;
  readonly #authority: () => string;
  readonly #log: (line: string) => void;
  /** Machines whose end is our doing. */
  readonly #expected = new Set<string>();
  /** What is done to a machine is done one after another. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(
    store: Store,
    hypervisor: Hypervisor,
    bridge: () => Bridge,
    authority: () => string,
    log: (line: string) => void,
  ) {
    this.#store = store;
    this.#hypervisor = hypervisor;
    this.#bridge = bridge;
    this.#authority = authority;
    this.#log = log;
  }

  get(id: string): Instance | undefined {
    const outputs = this.#store.get(instanceType, id);
    return outputs && instanceOf(id, outputs, this.#attachedLater(id));
  }

  all(): Instance[] {
    return this.#store.all(instanceType).map(([id, outputs]) => instanceOf(id, outputs, this.#attachedLater(id)));
  }

  /** The instance whose machine has that address on the bridge. */
  at(transport: string): Instance | undefined {
    const machine = this.#store.machines.find((each) => each.transport === transport);
    return machine && this.get(machine.id);
  }

  /** The status that the API shows. */
  async status(id: string): Promise<"RUNNING" | "TERMINATED" | undefined> {
    const machine = this.#store.machine(id);
    if (machine === undefined) return undefined;
    const state = await this.#hypervisor.state(machine);
    return state === "gone" ? undefined : state === "running" ? "RUNNING" : "TERMINATED";
  }

  /** Makes the machine of an instance and switches it on. The instance must be in the store. */
  create(instance: Instance): Promise<void> {
    return this.#inOrder(instance.id, async () => {
      await this.#hypervisor.check();
      const taken = new Set(this.#store.machines.map(({ transport }) => transport));
      const transport = freeTransport(this.#bridge(), taken);
      if (transport === undefined) throw new Error("the embedded cloud has room for 126 machines");
      const label = `${this.#bridge().name}-${instance.name}-${instance.number.slice(-6)}`;
      const machine: Machine = { id: instance.id, container: label, volume: label, transport, wanted: "RUNNING" };
      this.#store.putMachine(machine);
      await this.#hypervisor.create(machine, instance.name, this.#bridge());
      await this.#powerOn(machine);
    });
  }

  start(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      const machine = this.#want(id, "RUNNING");
      if ((await this.#hypervisor.state(machine)) === "stopped") await this.#powerOn(machine);
    });
  }

  stop(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      const machine = this.#want(id, "TERMINATED");
      await this.#expecting(id, () => this.#hypervisor.stop(machine, shutdownTime));
    });
  }

  /** Switches all machines off, to be switched on again when the cloud next starts. */
  async suspend(): Promise<void> {
    const off = ({ id }: Machine) =>
      this.#inOrder(id, async () => {
        const machine = this.#store.machine(id);
        if (machine) await this.#expecting(id, () => this.#hypervisor.stop(machine, shutdownTime));
      });
    await Promise.all(this.#store.machines.map(off));
  }

  remove(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      const machine = this.#store.machine(id);
      if (machine === undefined) return;
      await this.#expecting(id, () => this.#hypervisor.remove(machine));
      this.#store.removeMachine(id);
    });
  }

  /** Makes the machine die, as hardware does. Whether it comes back is the instance's own matter. */
  async crash(id: string): Promise<void> {
    const machine = this.#store.machine(id);
    if (machine) await this.#hypervisor.kill(machine);
  }

  async console(id: string, lines: number): Promise<string> {
    const machine = this.#store.machine(id);
    return machine ? this.#hypervisor.console(machine, lines) : "";
  }

  /** Runs a script in a machine that is on; nothing where it is off. */
  run(id: string, script: string): Promise<string> {
    return this.#inOrder(id, async () => {
      const machine = this.#store.machine(id);
      if (!machine || (await this.#hypervisor.state(machine)) !== "running") return "";
      return this.#hypervisor.run(machine, script);
    });
  }

  plug(id: string, disk: AttachedDisk): Promise<string> {
    return this.run(id, plugScript(this.#plug(this.#existing(id), disk)));
  }

  unplug(id: string, { deviceName }: AttachedDisk, index: number): Promise<string> {
    return this.run(id, unplugScript({ deviceName, index }));
  }

  /** Brings the firewall of every machine up to date. */
  async applyFirewall(): Promise<void> {
    await Promise.all(this.all().map((instance) => this.run(instance.id, rulesScript(this.#firewall(instance)))));
  }

  /** What became of a machine that was not asked to end. */
  async ended(id: string, end: End): Promise<void> {
    if (this.#expected.has(id)) return;
    const machine = this.#store.machine(id);
    const instance = this.get(id);
    if (machine === undefined || instance === undefined) return;
    if (end === "powerOff") this.#store.putMachine({ ...machine, wanted: "TERMINATED" });
    const again = end === "reboot" || (end === "crash" && instance.automaticRestart);
    this.#log(`${id}: ${end}${again ? ", started again" : ""}`);
    if (!again || machine.wanted !== "RUNNING") return;
    await new Promise((resolve) => setTimeout(resolve, end === "crash" ? restartDelay : 0));
    await this.revive(id);
  }

  /** Starts a machine that should run and does not. */
  revive(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      const machine = this.#store.machine(id);
      if (machine?.wanted !== "RUNNING" || (await this.#hypervisor.state(machine)) !== "stopped") return;
      await this.#powerOn(machine).catch((error: Error) => this.#log(`${id}: ${error.message}`));
    });
  }

  async #powerOn(machine: Machine): Promise<void> {
    const instance = this.#existing(machine.id);
    const range = subnetworkRange(this.#store, instance.subnetwork);
    const bridge = this.#bridge();
    const services = servicesScript(metadataAddress, apiAddress, { gateway: bridge.gateway, ports: this.#store.ports });
    const script = powerScript({
      instance,
      prefix: parseCidr(range).bits,
      neighbours: subnetworksOf(this.#store, instance.network).filter((other) => other !== range),
      rules: [this.#firewall(instance), services],
      authority: this.#authority(),
      disks: instance.disks.slice(1).map((disk) => this.#plug(instance, disk)),
    });
    try {
      await this.#hypervisor.powerOn(machine, script);
    } catch (error) {
      const console = await this.#hypervisor.console(machine, 10).catch(() => "");
      throw new Error(`${(error as Error).message}${console ? `\n${console}` : ""}`, { cause: error });
    }
  }

  #firewall(instance: Instance): string {
    const own = this.#store.all(firewallType).flatMap(([, outputs]) => firewallRule(outputs) ?? []);
    return firewallScript([...own, ...defaultRules(instance.project)], instance, this.all(), this.#bridge());
  }

  #plug(instance: Instance, { disk, deviceName, readOnly }: AttachedDisk): Plug {
    const index = instance.disks.findIndex((each) => each.deviceName === deviceName);
    return { file: diskFile(disk), deviceName, index, readOnly };
  }

  #attachedLater(id: string): AttachedDisk[] {
    return this.#store
      .all(attachedDiskType)
      .filter(([, { instance }]) => instance === id)
      .map(([, outputs]) => attachedDisk(outputs));
  }

  #existing(id: string): Instance {
    const instance = this.get(id);
    if (instance === undefined) throw new Error(`there is no instance ${id}`);
    return instance;
  }

  #want(id: string, wanted: Machine["wanted"]): Machine {
    const machine = this.#store.machine(id);
    if (machine === undefined) throw new Error(`there is no machine of ${id}`);
    const changed = { ...machine, wanted };
    this.#store.putMachine(changed);
    return changed;
  }

  async #expecting(id: string, action: () => Promise<void>): Promise<void> {
    this.#expected.add(id);
    try {
      await action();
    } finally {
      // The engine tells of the end a moment after it has happened.
      setTimeout(() => this.#expected.delete(id), 2000).unref();
    }
  }

  #inOrder<T>(id: string, task: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const next = before.then(task, task);
    const settled = next.catch(() => undefined);
    this.#queues.set(id, settled);
    return next;
  }
}

export function attachedDisk(outputs: PlainMap): AttachedDisk {
  return {
    disk: outputs.disk as string,
    deviceName: outputs.deviceName as string,
    readOnly: outputs.mode === "READ_ONLY",
  };
}
