import type { Http2ServerRequest, Http2ServerResponse, IncomingHttpHeaders } from "node:http2";
import { ApiError } from "../apiError.ts";
import type { Access } from "../iam/access.ts";
import type { BucketSource } from "./front.ts";

/** gRPC's status codes: https://grpc.io/docs/guides/status-codes. */
const codes: Readonly<Record<string, number>> = { PERMISSION_DENIED: 7, UNAUTHENTICATED: 16 };
const unimplemented = 12;

const getStorageLayout = "/google.storage.control.v2.StorageControl/GetStorageLayout";

/**
 * The one request of the Storage Control API that gcsfuse makes before it mounts a bucket: whether it has real folders.
 * https://cloud.google.com/storage/docs/reference/rpc/google.storage.control.v2
 */
export class StorageControl {
  readonly #access: Access;
  readonly #buckets: BucketSource;

  constructor(access: Access, buckets: BucketSource) {
    this.#access = access;
    this.#buckets = buckets;
  }

  async handle(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    let answer: Buffer = Buffer.alloc(0);
    let code = 0;
    let problem = "";
    try {
      answer = this.#answer(request.headers, Buffer.concat(chunks));
    } catch (error) {
      code = (error instanceof ApiError ? codes[error.status] : undefined) ?? unimplemented;
      problem = (error as Error).message;
    }
    response.writeHead(200, { "content-type": "application/grpc" });
    response.addTrailers({ "grpc-status": String(code), "grpc-message": encodeURIComponent(problem) });
    response.end(answer);
  }

  #answer(headers: IncomingHttpHeaders, message: Buffer): Buffer {
    if (headers[":path"] !== getStorageLayout) throw new Error("this method is not imitated by the embedded cloud");
    const name = stringField(message.subarray(5), 1); // after gRPC's own length
    const bucket = /^projects\/[^/]+\/buckets\/([^/]+)\/storageLayout$/.exec(name)?.[1] ?? "";
    const caller = this.#access.callerOf({ headers });
    const project = this.#buckets.projectOf(bucket);
    const permission = "storage.objects.list";
    if (!project || !this.#access.may(caller, permission, [`b/${bucket}`, `projects/${project}`])) {
      throw new ApiError(
        caller ? 403 : 401,
        `${caller?.email ?? "Anonymous caller"} does not have ${permission} access to the Google Cloud Storage bucket.`,
      );
    }
    // StorageLayout: name = 1, location_type = 3; hierarchical_namespace = 5 is left out, as it is not enabled.
    return framed(Buffer.concat([field(1, name), field(3, "region")]));
  }
}

/** A string field of a protocol buffer; the ones here are short. */
function field(number: number, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** The string that a message has as a field; all of the message's fields are strings. */
function stringField(message: Buffer, wanted: number): string {
  let offset = 0;
  const read = () => {
    let value = 0;
    for (let shift = 0; offset < message.length; shift += 7) {
      const byte = message[offset++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (offset < message.length) {
    const tag = read();
    if ((tag & 7) !== 2) break;
    const length = read();
    const value = message.toString("utf8", offset, offset + length);
    if (tag >> 3 === wanted) return value;
    offset += length;
  }
  return "";
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
