import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { deleteManifest, manifestDigest, whatAnswers } from "../../../tools/services/registryApi.mjs";

let server: Server | undefined;

afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("whatAnswers", () => {
  const header = { "docker-distribution-api-version": "registry/2.0" };
  it.each([
    ["a registry", 200, header, { kind: "registry" }],
    ["one with passwords", 401, header, { kind: "other", what: "a registry that asks for a password" }],
    ["a web server", 404, {}, { kind: "other", what: "not a registry (HTTP 404)" }],
    ["a web server that answers everything", 200, {}, { kind: "other", what: "not a registry (HTTP 200)" }],
  ])("recognises %s", async (_, status, headers, expected) => {
    const address = await serve((_request, response) => response.writeHead(status, headers).end("{}"));
    expect(await whatAnswers(address)).toEqual(expected);
  });

  it("recognises a server of another protocol", async () => {
    const address = await serve((request) => request.socket.end("+PONG\r\n"));
    expect((await whatAnswers(address)).kind).toBe("other");
  });

  it("recognises a free port", async () => {
    const address = await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    expect(await whatAnswers(address)).toEqual({ kind: "nothing" });
  });
});

describe("manifests", () => {
  it("are found by tag and deleted by digest", async () => {
    const requests: string[] = [];
    const address = await serve((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      if (request.method === "DELETE") response.writeHead(202).end();
      else if (request.url?.endsWith("/8")) response.writeHead(200, { "docker-content-digest": "sha256:1" }).end();
      else response.writeHead(404).end();
    });
    expect(await manifestDigest(address, "library/redis", "8")).toBe("sha256:1");
    expect(await manifestDigest(address, "library/redis", "9")).toBeUndefined();
    await deleteManifest(address, "library/redis", "sha256:1");
    expect(requests).toEqual([
      "HEAD /v2/library/redis/manifests/8",
      "HEAD /v2/library/redis/manifests/9",
      "DELETE /v2/library/redis/manifests/sha256:1",
    ]);
  });

  it("say why one cannot be deleted", async () => {
    const address = await serve((_request, response) => response.writeHead(405).end());
    await expect(deleteManifest(address, "a/b", "sha256:1")).rejects.toThrow(
      `${address}: cannot delete a/b@sha256:1: HTTP 405`,
    );
  });
});
