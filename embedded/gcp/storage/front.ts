import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { ApiError } from "../apiError.ts";
import type { Access } from "../iam/access.ts";
import type { Caller } from "../tokens.ts";
import type { Emulator } from "./emulator.ts";
import type { Journal } from "./journal.ts";
import { type StorageRequest, storageRequest } from "./request.ts";

/** What the front needs of the cloud. */
export interface BucketSource {
  /** Project of a bucket; undefined where there is no such bucket. */
  projectOf(bucket: string): string | undefined;
}

/** Largest answer that is read whole, in bytes: that of a write, which names one object. */
const largestAnswer = 1024 * 1024;

/** Cloud Storage: asks who may before the emulator is asked, and keeps what is written before it is acknowledged. */
export class StorageFront {
  readonly #access: Access;
  readonly #buckets: BucketSource;
  readonly #emulator: () => Emulator;
  readonly #journal: Journal;

  constructor(access: Access, buckets: BucketSource, emulator: () => Emulator, journal: Journal) {
    this.#access = access;
    this.#buckets = buckets;
    this.#emulator = emulator;
    this.#journal = journal;
  }

  /** @throws ApiError */
  async handle(request: IncomingMessage, response: ServerResponse, scheme: string): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const meant = storageRequest(request.method ?? "GET", path);
    if (meant === undefined) throw new ApiError(404, "Not Found: this request is not imitated by the embedded cloud.");
    this.#check(this.#access.callerOf(request), meant);
    if (meant.move) await this.#move(meant.move, response);
    else await this.#pass(request, response, scheme, meant);
  }

  #check(caller: Caller | undefined, { needs }: StorageRequest): void {
    for (const { permission, bucket } of needs) {
      const project = this.#buckets.projectOf(bucket);
      if (project !== undefined && this.#access.may(caller, permission, [`b/${bucket}`, `projects/${project}`]))
        continue;
      const who = caller?.email ?? "Anonymous caller";
      const what = permission.startsWith("storage.buckets.") ? "bucket" : "object";
      throw new ApiError(
        caller ? 403 : 401,
        `${who} does not have ${permission} access to the Google Cloud Storage ${what}. Permission '${permission}' denied on resource (or it may not exist).`,
      );
    }
  }

  async #move({ bucket, from, to }: NonNullable<StorageRequest["move"]>, response: ServerResponse): Promise<void> {
    const copied = await this.#emulator().copy(bucket, from, to);
    const answer = (await copied.json()) as { resource?: unknown };
    if (copied.ok) {
      await this.#emulator().deleteObject(bucket, from);
      await this.#journal.keep(bucket, to);
      await this.#journal.keep(bucket, from);
    }
    response.writeHead(copied.status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(copied.ok ? answer.resource : answer));
  }

  /** Passes request and answer on as they come; the answer of a write waits until the object is kept. */
  #pass(request: IncomingMessage, response: ServerResponse, scheme: string, meant: StorageRequest): Promise<void> {
    const { authorization: _token, connection: _hop, ...headers } = request.headers;
    const host = request.headers.host ?? "storage.googleapis.com";
    return new Promise((resolve, reject) => {
      const onward = send(
        {
          host: "127.0.0.1",
          port: this.#emulator().port,
          method: request.method,
          path: request.url,
          headers: {
            ...headers,
            host: "storage.googleapis.com",
            "x-forwarded-host": host,
            "x-forwarded-proto": scheme,
          },
        },
        (answer) => {
          this.#answer(answer, response, meant).then(resolve, reject);
        },
      );
      onward.on("error", (error) =>
        reject(new ApiError(503, `the storage emulator cannot be reached: ${error.message}`)),
      );
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
  }

  async #answer(answer: IncomingMessage, response: ServerResponse, meant: StorageRequest): Promise<void> {
    const { connection: _hop, ...headers } = answer.headers;
    const status = answer.statusCode ?? 502;
    if (!meant.writes && !meant.removes) {
      response.writeHead(status, headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > largestAnswer) throw new ApiError(502, "the storage emulator answered a write with too much");
    }
    const body = Buffer.concat(chunks);
    if (status >= 200 && status < 300) {
      const object = meant.removes ?? writtenObject(body);
      if (object) await this.#journal.keep(object.bucket, object.object);
    }
    response.writeHead(status, headers);
    response.end(body);
  }
}

/** The object that the answer of a write names; undefined where it is the beginning of an upload. */
function writtenObject(body: Buffer): { bucket: string; object: string } | undefined {
  let answer: { kind?: string; resource?: unknown; bucket?: string; name?: string };
  try {
    answer = JSON.parse(body.toString()) as typeof answer;
  } catch {
    return undefined;
  }
  const { bucket, name } = (answer.resource ?? answer) as typeof answer;
  return bucket && name ? { bucket, object: name } : undefined;
}
