import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Emulator, StoredObject } from "./emulator.ts";

/**
 * The objects on disk, as the emulator last had them: `<bucket>/<hash of the name>.json` and `.data`. A write is answered
 * only after it is here, so that nothing that was acknowledged is lost with the emulator.
 */
export class Journal {
  readonly #folder: string;
  readonly #emulator: () => Emulator;
  readonly #queues = new Map<string, Promise<void>>();

  constructor(folder: string, emulator: () => Emulator) {
    this.#folder = folder;
    this.#emulator = emulator;
  }

  /** Brings an object's copy up to date with the emulator. */
  keep(bucket: string, name: string): Promise<void> {
    const file = this.#file(bucket, name);
    // One after another: the last one sees the last state.
    const task = (this.#queues.get(file) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#copy(bucket, name, file));
    this.#queues.set(file, task);
    const forget = () => this.#queues.get(file) === task && this.#queues.delete(file);
    task.then(forget, forget);
    return task;
  }

  async removeBucket(bucket: string): Promise<void> {
    await rm(join(this.#folder, bucket), { recursive: true, force: true });
  }

  /** Puts a bucket's objects back into a fresh emulator. */
  async replay(bucket: string): Promise<void> {
    const folder = join(this.#folder, bucket);
    const files = await readdir(folder).catch(() => []);
    for (const file of files.filter((name) => name.endsWith(".json"))) {
      const object = JSON.parse(await readFile(join(folder, file), "utf8")) as StoredObject;
      await this.#emulator().put(object, createReadStream(join(folder, file.replace(/json$/, "data"))));
    }
  }

  async #copy(bucket: string, name: string, file: string): Promise<void> {
    const object = await this.#emulator().object(bucket, name);
    const content = object && (await this.#emulator().content(bucket, name));
    if (content === undefined) {
      await rm(`${file}.json`, { force: true });
      await rm(`${file}.data`, { force: true });
      return;
    }
    await mkdir(join(this.#folder, bucket), { recursive: true, mode: 0o700 });
    await pipeline(content, createWriteStream(`${file}.partial`, { mode: 0o600 }));
    await rename(`${file}.partial`, `${file}.data`);
    await writeFile(`${file}.json.partial`, JSON.stringify(object), { mode: 0o600 });
    await rename(`${file}.json.partial`, `${file}.json`);
  }

  #file(bucket: string, name: string): string {
    return join(this.#folder, bucket, createHash("sha256").update(name).digest("hex"));
  }
}
