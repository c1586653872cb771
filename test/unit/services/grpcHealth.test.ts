import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Http2Server } from "node:http2";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grpcAnswers } from "../../../tools/services/grpcHealth.mjs";

const method = "/moby.buildkit.v1.Control/Info";
let folder: string;
let server: Http2Server | Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "grpc-"));
});

afterEach(async () => {
  server?.close();
  await rm(folder, { recursive: true });
});

async function listen(made: Http2Server | Server): Promise<string> {
  server = made;
  const socket = join(folder, "socket");
  await new Promise<void>((resolve) => made.listen(socket, resolve));
  return socket;
}

function grpcServer(status: string, early = false) {
  const made = createServer();
  made.on("stream", (stream) => {
    const type = { ":status": 200, "content-type": "application/grpc" };
    if (early) return stream.respond({ ...type, "grpc-status": status }, { endStream: true });
    stream.respond(type, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
    stream.end(Buffer.alloc(5));
  });
  return made;
}

describe("grpcAnswers", () => {
  it("takes an answer", async () => {
    expect(await grpcAnswers(await listen(grpcServer("0")), method, 60_000)).toBe(true);
  });

  it.each([
    ["an unknown method", () => grpcServer("12", true)],
    ["an error", () => grpcServer("14")],
    ["HTTP/1.1", () => createHttpServer((_request, response) => response.end("hello"))],
    ["silence", () => createServer().on("stream", () => {})],
  ])("does not take %s for one", async (_, make) => {
    expect(await grpcAnswers(await listen(make()), method, 300)).toBe(false);
  });

  it("does not take a missing socket for one", async () => {
    expect(await grpcAnswers(join(folder, "none"), method, 300)).toBe(false);
  });
});
