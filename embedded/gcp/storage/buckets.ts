import { join } from "node:path";
import type { Store } from "../store.ts";
import { Emulator } from "./emulator.ts";
import { Journal } from "./journal.ts";

export const bucketType = "gcp:storage/bucket:Bucket";

/** The buckets' content: the emulator, filled from the journal whenever it begins anew. */
export class Buckets {
  readonly journal: Journal;
  readonly #store: Store;
  readonly #program: string;
  readonly #folder: string;
  readonly #log: (line: string) => void;
  #emulator: Emulator | undefined;
  #stopped = false;

  /** @param program path of fake-gcs-server */
  constructor(store: Store, folder: string, program: string, log: (line: string) => void) {
    this.#store = store;
    this.#program = program;
    this.#folder = folder;
    this.#log = log;
    this.journal = new Journal(join(folder, "objects"), this.emulator);
  }

  readonly emulator = (): Emulator => {
    if (this.#emulator === undefined) throw new Error("the storage emulator is being started");
    return this.#emulator;
  };

  async start(): Promise<void> {
    const emulator = await Emulator.start(this.#program, this.#folder, () => this.#ended());
    this.#emulator = emulator;
    for (const [name, outputs] of this.#store.all(bucketType)) {
      await emulator.createBucket(name, isVersioned(outputs));
      await this.journal.replay(name);
    }
  }

  /** @param versioned whether what is overwritten or deleted is kept; only until the emulator ends */
  async create(name: string, versioned: boolean): Promise<void> {
    await this.emulator().createBucket(name, versioned);
  }

  async setVersioned(name: string, versioned: boolean): Promise<void> {
    await this.emulator().setVersioning(name, versioned);
  }

  /** Whether there are no objects in it, those neither that were overwritten or deleted and are kept. */
  async isEmpty(name: string): Promise<boolean> {
    return (await this.emulator().objects(name, "", true)).length === 0;
  }

  /** Deletes a bucket with its objects. */
  async remove(name: string): Promise<void> {
    await this.emulator().deleteBucket(name);
    await this.journal.removeBucket(name);
  }

  stop(): void {
    this.#stopped = true;
    this.#emulator?.stop();
  }

  #ended(): void {
    this.#emulator = undefined;
    if (this.#stopped) return;
    this.#log("the storage emulator ended; started again");
    this.start().catch((error: Error) => this.#log(`the storage emulator: ${error.message}`));
  }
}

export function isVersioned(outputs: { readonly versioning?: unknown }): boolean {
  return (outputs.versioning as { enabled?: boolean } | undefined)?.enabled === true;
}
