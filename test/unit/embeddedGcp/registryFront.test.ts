import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DockerHub } from "../../../embedded/core/dockerHub.ts";
import type { Access } from "../../../embedded/gcp/iam/access.ts";
import { RegistryFront } from "../../../embedded/gcp/registry/front.ts";
import { PublicRegistry } from "../../../embedded/gcp/registry/publicRegistry.ts";

// What the local registry has is served from there; the rest, where it is public, by a registry that asks for a token.
describe("images of public registries", () => {
  const servers: Server[] = [];
  const asked: string[] = [];
  let internet = "";
  let ask: (host: string, path: string, init?: RequestInit) => Promise<Response>;
  const hub: DockerHub = { accounts: { acme: "s3cret" }, private: { "acme/web": ["acme"] } };

  beforeAll(async () => {
    const local = await listen((request, response) => {
      const found = request.url === "/v2/library/nginx/manifests/1.28";
      response.writeHead(found ? 200 : 404).end(found ? "local nginx" : "none");
    });
    internet = await listen((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const token = request.headers.authorization;
      if (request.url?.startsWith("/token")) response.end(JSON.stringify({ token: `for ${request.url}` }));
      else if (request.url === "/v2/acme/secret/manifests/1") response.writeHead(401).end();
      else if (token === undefined) {
        const challenge = `Bearer realm="${internet}/token",service="there",scope="ignored"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      } else if (request.url === "/v2/acme/site/blobs/sha256:1") {
        response.writeHead(307, { location: "https://storage.example.com/1" }).end();
      } else if (request.url === "/v2/acme/site/manifests/1") {
        response.writeHead(200, { "docker-content-digest": "sha256:2", "content-type": "m" }).end(`site, ${token}`);
      } else response.writeHead(404).end();
    });
    const source = { repositoryExists: () => false, dockerHub: () => hub, sign: (text: string) => `signed ${text}` };
    const reach = (host: string) => (host === "ghcr.io" ? "http://127.0.0.1:65535" : internet);
    const front = new RegistryFront({} as Access, source, new URL(local).host, new PublicRegistry(reach));
    const address = await listen((request, response) =>
      front.handle(request, response, request.headers["x-host"] as string),
    );
    ask = (host, path, init = {}) =>
      fetch(address + path, { redirect: "manual", ...init, headers: { ...init.headers, "x-host": host } });
  });
  afterAll(() => void servers.map((server) => server.close()));

  it("come from the local registry", async () => {
    const answer = await ask("registry-1.docker.io", "/v2/library/nginx/manifests/1.28");
    expect(await answer.text()).toBe("local nginx");
    expect(asked).toEqual([]);
  });

  it("come from the internet otherwise, by a token for the repository, which is kept", async () => {
    const answer = await ask("registry-1.docker.io", "/v2/acme/site/manifests/1");
    expect(answer.headers.get("docker-content-digest")).toBe("sha256:2");
    const query = "/token?service=there&scope=repository%3Aacme%2Fsite%3Apull";
    expect(await answer.text()).toBe(`site, Bearer for ${query}`);
    const blob = await ask("registry-1.docker.io", "/v2/acme/site/blobs/sha256:1", { method: "HEAD" });
    expect([blob.status, blob.headers.get("location")]).toEqual([307, "https://storage.example.com/1"]);
    expect(asked.splice(0)).toEqual([
      "GET /v2/acme/site/manifests/1",
      `GET ${query}`,
      "GET /v2/acme/site/manifests/1",
      "HEAD /v2/acme/site/blobs/sha256:1",
    ]);
  });

  it.each([
    ["registry-1.docker.io", "acme/nowhere", "registry-1.docker.io: answers 404"],
    ["registry-1.docker.io", "acme/secret", "registry-1.docker.io: answers 401"],
    ["ghcr.io", "acme/site", "ghcr.io: connect ECONNREFUSED 127.0.0.1:65535"],
  ])("at %s are not there: %s", async (host, name, reason) => {
    const answer = await ask(host, `/v2/${name}/manifests/1`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      errors: [{ code: "NAME_UNKNOWN", message: `${name} is not in the local registry, and ${reason}` }],
    });
  });

  it("are private where the file says so, and never written", async () => {
    asked.length = 0;
    expect((await ask("registry-1.docker.io", "/v2/acme/web/manifests/1")).status).toBe(401);
    expect((await ask("ghcr.io", "/v2/acme/site/manifests/1", { method: "PUT" })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  async function listen(handler: RequestListener): Promise<string> {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
});
