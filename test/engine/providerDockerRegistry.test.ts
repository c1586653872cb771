import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { docker } from "../support/stack.ts";

const password = "open-sesame-77aa";

/** A registry that holds one small image and asks for a password. */
class Registry {
  readonly #server: Server;
  readonly digest: string;

  private constructor(server: Server, digest: string) {
    this.#server = server;
    this.digest = digest;
  }

  static async start(): Promise<Registry> {
    const archive = pack();
    archive.entry({ name: "file" }, "content");
    archive.finalize();
    const layer = await buffer(archive);
    const packed = gzipSync(layer);
    const config = Buffer.from(
      JSON.stringify({
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
        os: "linux",
        config: { Cmd: ["/file"] },
        rootfs: { type: "layers", diff_ids: [sha256(layer)] },
      }),
    );
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: {
          mediaType: "application/vnd.docker.container.image.v1+json",
          size: config.length,
          digest: sha256(config),
        },
        layers: [
          {
            mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
            size: packed.length,
            digest: sha256(packed),
          },
        ],
      }),
    );
    const blobs = new Map([config, packed].map((blob) => [sha256(blob), blob]));
    const server = createServer((request, response) => {
      const wanted = `Basic ${Buffer.from(`user:${password}`).toString("base64")}`;
      if (request.headers.authorization !== wanted) {
        return response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      }
      const [, kind, name] = /\/(manifests|blobs)\/(.+)$/.exec(request.url ?? "") ?? [];
      const body =
        kind === "manifests" && ["1", sha256(manifest)].includes(name ?? "") ? manifest : blobs.get(name ?? "");
      if (body === undefined) return response.writeHead(kind === undefined ? 200 : 404).end();
      response.writeHead(200, {
        "content-type": manifestType,
        "content-length": body.length,
        "docker-content-digest": sha256(body),
      });
      return response.end(request.method === "HEAD" ? undefined : body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Registry(server, sha256(manifest));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

function sha256(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

describe("an image in a registry that asks for a password", () => {
  let registry: Registry;
  let stack: ProviderStack;
  const folder = mkdtempSync(join(tmpdir(), "retrofit-docker-config-"));
  beforeAll(async () => {
    await tinyImage();
    registry = await Registry.start();
    stack = await ProviderStack.create("");
  });
  afterAll(async () => {
    await stack?.remove();
    registry?.close();
    rmSync(folder, { recursive: true });
  });

  const image = (options = "") => `
    export const image = new docker.RemoteImage("image", { name: "${registry.address}/app:1" } ${options});`;
  const login = (config: object) => writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const auth = (secret: string) => ({ auth: Buffer.from(`user:${secret}`).toString("base64") });

  async function serverWith(environment: NodeJS.ProcessEnv) {
    await stack.stopServer();
    await stack.startServer(environment);
  }

  it("cannot be had without", async () => {
    await serverWith({ DOCKER_CONFIG: folder });
    await stack.program(image());
    const { ok, messages } = await stack.up();
    expect(ok).toBe(false);
    expect(messages).toContain(
      `the image ${registry.address}/app:1 is not on the engine and could not be pulled from ${registry.address} (without credentials)`,
    );
  });

  it("cannot be had with a wrong one, which is not shown", async () => {
    login({ auths: { [registry.address]: auth("wrong-99bb") } });
    const { ok, messages } = await stack.up();
    expect(ok).toBe(false);
    expect(messages).toContain("(with the credentials of user)");
    expect(messages).not.toContain("wrong-99bb");
  });

  it("is had with that of docker login, by digest too, and goes with the stack", async () => {
    login({ auths: { [registry.address]: auth(password) } });
    expect(await stack.up()).toMatchObject({ ok: true });
    const { image: state } = await stack.state();
    expect(state?.outputs).toMatchObject({ repoDigest: `${registry.address}/app@${registry.digest}` });
    expect(await stack.destroy()).toMatchObject({ ok: true });
    await stack.program(image().replace("/app:1", `/app@${registry.digest}`));
    expect(await stack.up()).toMatchObject({ ok: true });
    expect(await stack.refresh("--expect-no-changes")).toMatchObject({ ok: true });
    const id = (await stack.state()).image?.outputs.imageId as string;
    expect(await stack.destroy()).toMatchObject({ ok: true });
    await expect(docker("image", "inspect", id)).rejects.toThrow(/No such image/);
  });

  it("is pulled for a container that needs it", async () => {
    await stack.program(`new docker.Container("web", { image: "${registry.address}/app:1", start: false });`);
    expect((await stack.up()).messages).toBe("");
    expect(await stack.refresh("--expect-no-changes")).toMatchObject({ ok: true });
    expect(await stack.destroy()).toMatchObject({ ok: true });
    await docker("rmi", `${registry.address}/app:1`);
  });

  it("is had with that of the program's own provider, while another provider has none", async () => {
    rmSync(join(folder, "config.json"));
    await stack.program(`
      const registryAuth = [{ address: "${registry.address}", username: "user", password: "${password}" }];
      const provider = new docker.Provider("own", { registryAuth });
      new docker.Volume("data", {});
      ${image(", { provider }")}`);
    expect((await stack.up()).messages).toBe("");
    expect((await stack.backend()).includes(password)).toBe(false);
    expect(await stack.destroy()).toMatchObject({ ok: true });
    await stack.program(`
      const registryAuth = [{ address: "${registry.address}", username: "user", password: "${password}" }];
      new docker.Volume("data", {}, { provider: new docker.Provider("own", { registryAuth }) });
      ${image()}`);
    const { ok, messages } = await stack.up();
    expect(ok).toBe(false);
    expect(messages).toContain("(without credentials)");
  });
});
