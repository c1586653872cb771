import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { freePort } from "../../../tools/freePort.mjs";

/** An object as the JSON API shows it. */
export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly size: string;
  readonly contentType?: string;
  readonly [key: string]: unknown;
}

/** Milliseconds that it may take to answer, on a machine that has much else to do. */
const patience = 30_000;

/** What an object says of itself beside its bytes; the rest is the emulator's to fill in. */
const kept = ["contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "metadata"];

/** fake-gcs-server, which holds the buckets in its memory: whoever starts it must fill it again. */
export class Emulator {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  /**
   * @param program path of fake-gcs-server
   * @param folder for its output and its process id, by which one that has outlived its starter is found and ended
   * @param onEnd told when it ends without having been stopped
   */
  static async start(program: string, folder: string, onEnd: () => void): Promise<Emulator> {
    const log = join(folder, "emulator.log");
    const pidFile = join(folder, "emulator.pid");
    endLeftover(pidFile);
    const port = await freePort();
    const output = openSync(log, "a");
    const args = ["-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-backend", "memory"];
    const child = spawn(program, [...args, "-log-level", "warn"], { stdio: ["ignore", output, output] });
    closeSync(output);
    writeFileSync(pidFile, String(child.pid ?? ""), { mode: 0o600 });
    process.once("exit", () => child.kill("SIGKILL"));
    const failed = new Promise<never>((_, reject) => {
      child.once("error", (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
      child.once("exit", (code) => reject(new Error(`${program} ended with ${code}; its output is in ${log}`)));
    });
    failed.catch(() => undefined);
    const emulator = new Emulator(port, child);
    const answers = () =>
      emulator
        .request("GET", "/_internal/healthcheck")
        .then(() => true)
        .catch(() => false);
    await Promise.race([failed, until(answers, patience)]);
    child.once("exit", onEnd);
    return emulator;
  }

  stop(): void {
    this.#process.removeAllListeners("exit");
    this.#process.kill("SIGTERM");
  }

  request(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const streaming = body instanceof ReadableStream ? { duplex: "half" as const } : {};
    return fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, ...(body ? { body } : {}), ...streaming });
  }

  async createBucket(name: string, versioning: boolean): Promise<void> {
    const body = JSON.stringify({ name, versioning: { enabled: versioning } });
    await sound(await this.request("POST", "/storage/v1/b?project=embedded", body));
  }

  async setVersioning(name: string, enabled: boolean): Promise<void> {
    const body = JSON.stringify({ versioning: { enabled } });
    await sound(await this.request("PATCH", `/storage/v1/b/${encodeURIComponent(name)}`, body));
  }

  /** Deletes the bucket with all that is in it. */
  async deleteBucket(name: string): Promise<void> {
    for (const object of await this.objects(name, "", true)) {
      await this.deleteObject(name, object.name, object.generation as string);
    }
    const response = await this.request("DELETE", `/storage/v1/b/${encodeURIComponent(name)}`);
    if (response.status !== 404) await sound(response);
  }

  /** Every object of a bucket, by name. @param versions those too that were overwritten or deleted */
  async objects(bucket: string, prefix = "", versions = false): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ prefix, versions: String(versions), ...(token ? { pageToken: token } : {}) });
      const response = await this.request("GET", `/storage/v1/b/${encodeURIComponent(bucket)}/o?${query}`);
      const page = (await (await sound(response)).json()) as { items?: StoredObject[]; nextPageToken?: string };
      found.push(...(page.items ?? []));
      token = page.nextPageToken;
    } while (token);
    return found;
  }

  async object(bucket: string, name: string): Promise<StoredObject | undefined> {
    const response = await this.request("GET", objectPath(bucket, name));
    return response.status === 404 ? undefined : ((await (await sound(response)).json()) as StoredObject);
  }

  /** An object's bytes as they are stored; undefined where there is no such object. */
  content(bucket: string, name: string): Promise<Readable | undefined> {
    const path = `/download${objectPath(bucket, name)}?alt=media`;
    // Not fetch, which would unpack what is stored compressed.
    return new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: this.port, path, headers: { "accept-encoding": "gzip" } }, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        if (response.statusCode === 404) resolve(undefined);
        else reject(new Error(`the storage emulator answered ${response.statusCode} for ${bucket}/${name}`));
      }).on("error", reject);
    });
  }

  async deleteObject(bucket: string, name: string, generation?: string): Promise<void> {
    const query = generation === undefined ? "" : `?generation=${generation}`;
    const response = await this.request("DELETE", objectPath(bucket, name) + query);
    if (response.status !== 404) await sound(response);
  }

  /** Copies an object within its bucket and gives the copy. */
  async copy(bucket: string, from: string, to: string): Promise<Response> {
    const path = `${objectPath(bucket, from)}/rewriteTo/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(to)}`;
    return this.request("POST", path, "{}");
  }

  /** Stores an object with what it said of itself. */
  async put(object: StoredObject, content: Readable | Buffer): Promise<void> {
    const about = Object.fromEntries(kept.filter((key) => key in object).map((key) => [key, object[key]]));
    const path = `/upload/storage/v1/b/${encodeURIComponent(object.bucket)}/o`;
    const begun = await sound(
      await this.request("POST", `${path}?uploadType=resumable`, JSON.stringify({ ...about, name: object.name })),
    );
    const session = new URL(begun.headers.get("location") ?? "");
    const body = Buffer.isBuffer(content)
      ? new Uint8Array(content)
      : (Readable.toWeb(content) as unknown as ReadableStream);
    await sound(await this.request("PUT", session.pathname + session.search, body));
  }
}

function endLeftover(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    // The number may belong to another process by now.
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("fake-gcs-server")) process.kill(pid, "SIGKILL");
  } catch {
    // There is none.
  }
}

function objectPath(bucket: string, name: string): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
}

async function sound(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`the storage emulator answered ${response.status}: ${await response.text()}`);
}

async function until(holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`the storage emulator did not answer within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
