import { createHash } from "node:crypto";
import { join } from "node:path";
import type Docker from "dockerode";
import { Vault } from "../daemon/vault.ts";
import { tryAddress } from "./balancing/addresses.ts";
import { Images } from "./images.ts";
import { definitions, definitionsType } from "./resources/taskDefinition.ts";
import type { CreateRuntime, Runtime } from "./runtime/model.ts";
import { AutoScaling } from "./scaling.ts";
import { Store } from "./store.ts";
import { surroundings } from "./surroundings.ts";
import { types } from "./types.ts";

/** What a cloud is made with. */
export interface CloudOptions {
  /** Where it keeps everything. */
  readonly folder: string;
  readonly docker: Docker;
  /** Host and port of the registry that holds the images. */
  readonly registry: string;
  readonly createRuntime: CreateRuntime;
  readonly log: (line: string) => void;
}

/** What is left of a cloud that nobody has anything in. */
const leftOvers: readonly string[] = [types.deletedSecret, definitionsType];

/** The embedded AWS: its state, and what runs behind it. */
export class Cloud {
  /** Of its folder, 8 hexadecimal digits. */
  readonly id: string;
  readonly folder: string;
  readonly docker: Docker;
  readonly registry: string;
  readonly log: (line: string) => void;
  readonly store: Store;
  readonly vault: Vault;
  readonly images: Images;
  readonly runtime: Runtime;
  readonly scaling: AutoScaling;
  #stopped: Promise<void> | undefined;

  constructor({ folder, docker, registry, createRuntime, log }: CloudOptions) {
    this.id = createHash("sha256").update(folder).digest("hex").slice(0, 8);
    this.folder = folder;
    this.docker = docker;
    this.registry = registry;
    this.log = log;
    this.store = new Store(join(folder, "state.json"));
    this.vault = new Vault(this.store, join(folder, "key"));
    this.images = new Images(registry);
    this.runtime = createRuntime(surroundings(this));
    this.scaling = new AutoScaling(this.store, this.runtime, log);
  }

  /** File of the failures that are asked for. */
  get failuresFile(): string {
    return join(this.folder, "failures.json");
  }

  /** Starts again what ran when the cloud was stopped. */
  async start(): Promise<void> {
    await this.runtime.start();
    this.scaling.start();
  }

  /** @throws where an address is none of this machine's */
  tryAddress(address: string): Promise<void> {
    return tryAddress(address);
  }

  /** Whether there is nothing in it that somebody made and would miss. */
  isEmpty(): boolean {
    if (definitions(this.store).some(({ status }) => status === "ACTIVE")) return false;
    if (this.runtime.tasks().some(({ lastStatus }) => lastStatus !== "STOPPED")) return false;
    return this.store.types().every((type) => leftOvers.includes(type));
  }

  /** Removes what is left of an empty cloud outside of its folder. */
  async dispose(): Promise<void> {
    await this.runtime.dispose();
  }

  /** Ends the services. @param tasks whether what runs stops too, to start again with the cloud */
  async stop(tasks = false): Promise<void> {
    this.scaling.stop();
    this.#stopped ??= this.runtime.stop(tasks);
    await this.#stopped;
  }
}
