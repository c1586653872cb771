import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContext } from "../../../tools/context.mjs";
import { hostConfiguration } from "../../../tools/images/host.mjs";
import { placeInRegistry, recipeHashes } from "../../../tools/images/recipes.mjs";
import type { Step } from "../../../tools/step.mjs";
import { baseImages, baseImagesOf } from "../../../tools/steps/baseImages.mjs";
import { root } from "../../support/stack.ts";

let folder: string;
let cache: string;
let registry: Server;
let said: string;
const made = new Set<string>();
/** Images of these names in the registry that are no stand-ins. */
const others = new Set<string>();
const deleted: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retrofit-base-images-"));
  cache = join(folder, "cache");
  await mkdir(join(cache, "run"), { recursive: true });
  made.clear();
  others.clear();
  deleted.length = 0;
  said = "";
  // A registry and an engine that have the images made.
  registry = createServer((request, response) => {
    const url = request.url ?? "";
    const found = [...made, ...others].find((image) => url.startsWith(`/v2/${placeInRegistry(image).repository}/`));
    if (request.method === "DELETE") deleted.push(url);
    response.writeHead(found ? 200 : 404, found ? { "docker-content-digest": "sha256:d" } : {});
    const labels = others.has(found ?? "") ? {} : { "retrofit.stand-in": found };
    response.end(
      JSON.stringify(url.includes("/blobs/") ? { config: { Labels: labels } } : { config: { digest: "c" } }),
    );
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "docker"), `#!/bin/sh\ncat ${folder}/images\n`);
  await chmod(join(folder, "bin", "docker"), 0o755);
});
afterEach(async () => {
  await new Promise((resolve) => registry.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function contextHere(downloads = "registries") {
  const { port } = registry.address() as AddressInfo;
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    RETROFIT_CACHE: cache,
    RETROFIT_DOWNLOADS: downloads,
    RETROFIT_REGISTRY: `127.0.0.1:${port}`,
  };
  const stream = new PassThrough().setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  return createContext({ root, env, stream: stream as unknown as NodeJS.WriteStream }).context;
}

/** Stand-ins that an earlier run has made. */
async function has(...images: string[]) {
  const { env } = contextHere();
  const hashes = await recipeHashes((await hostConfiguration(env)).files);
  const standIn = (image: string) => ({
    hash: hashes.get(image),
    registry: env.RETROFIT_REGISTRY,
    digest: "sha256:d",
    id: "sha256:i",
  });
  const standIns = Object.fromEntries(images.map((image) => [image, standIn(image)]));
  await writeFile(join(cache, "run", "baseImages.json"), JSON.stringify({ official: false, standIns }));
  await writeFile(join(folder, "images"), images.map((image) => `${image} sha256:i\n`).join(""));
  for (const image of images) made.add(image);
}

/** The step for a stack with this configuration. */
async function stackWith(config: Readonly<Record<string, unknown>>): Promise<Step> {
  const file = join(folder, "Pulumi.shop.yaml");
  const keys = Object.entries(config).map(([key, value]) => [`retrofit:${key}`, value]);
  await writeFile(file, JSON.stringify({ config: Object.fromEntries(keys) }));
  return baseImagesOf(file);
}

describe("the base images of a stack", () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["of an app that is built on what is there", { app: "hello-world" }, undefined],
    ["of the default app", {}, undefined],
    ["with an image of another registry", { app: "docker-example" }, "nginx:1.28, ghcr.io/ferretdb/ferretdb:1.24"],
    ["on the embedded Google Cloud", { target: "gcp", embedded: true, volumes: bucket() }, undefined],
    ["on the embedded AWS", { target: "aws", embedded: true, volumes: bucket() }, undefined],
  ])("are those alone that it takes: %s", async (_, config, lacks) => {
    await has("debian:trixie-slim", "python:3.13-slim");
    const step = await stackWith(config);
    expect(await step.missing(contextHere())).toBe(lacks && `to be made: ${lacks}`);
  });

  it("are those of the target where the app cannot be read, which the program says better", async () => {
    await has();
    const step = await stackWith({ target: "gcp", embedded: true, app: "elsewhere" });
    expect(await step.missing(contextHere())).toBe("to be made: debian:trixie-slim, python:3.13-slim");
  });

  it("come with the one that they are built on", async () => {
    await has();
    const step = await stackWith({ app: "hello-world" });
    expect(await step.missing(contextHere())).toBe("to be made: debian:trixie-slim, python:3.13-slim");
  });

  it("follow variables, profiles and secrets of the stack, by name", async () => {
    await has("debian:trixie-slim", "python:3.13-slim");
    const app = await appWith(
      `services:
  web: { build: { context: ., args: { BASE: "\${BASE:-python:3.13-slim}" } } }
  db: { image: "postgres:17", environment: { POSTGRES_PASSWORD: "\${PASSWORD:?}" } }
  queue: { image: "redis:8", profiles: [queue] }
`,
      "ARG BASE\nFROM $BASE\n",
    );
    const secrets = { PASSWORD: { secure: "v1:a:b" } };
    expect(await (await stackWith({ app, secrets })).missing(contextHere())).toBe("to be made: postgres:17");
    const more = { environment: { BASE: "nginx:1.28" }, profiles: ["queue"] };
    expect(await (await stackWith({ app, secrets, ...more })).missing(contextHere())).toBe(
      "to be made: nginx:1.28, postgres:17, redis:8",
    );
  });

  it("may be none, and then nothing is made or said", async () => {
    const app = await appWith("services: { web: { build: . } }\n", "FROM scratch\nCOPY . /\n");
    await writeFile(join(folder, "images"), "");
    const [step, context] = [await stackWith({ app }), contextHere()];
    expect(await step.missing(context)).toBe("not yet known whether Docker Hub answers");
    await step.install(context);
    expect(await step.missing(context)).toBeUndefined();
    expect(said).toBe("");
    const stamp = JSON.parse(await readFile(join(cache, "run", "baseImages.json"), "utf8"));
    expect(stamp).toEqual({ official: false, standIns: {} });
  });
});

describe("all base images", () => {
  it("are what the tests need", async () => {
    await has("debian:trixie-slim", "python:3.13-slim");
    const rest = "nginx:1.28, postgres:17, redis:8, ghcr.io/ferretdb/ferretdb:1.24";
    expect(await baseImages.missing(contextHere())).toBe(`to be made: ${rest}`);
    await has("debian:trixie-slim", "python:3.13-slim", ...rest.split(", "));
    expect(await baseImages.missing(contextHere())).toBeUndefined();
  });

  it("are the official ones again on demand, and what else bears their names in the registry stays", async () => {
    await has("debian:trixie-slim", "python:3.13-slim");
    others.add("nginx:1.28");
    const context = contextHere("official");
    expect(await baseImages.missing(context)).toBe("to be the official ones again");
    await baseImages.install(context);
    expect(deleted).toEqual(["/v2/library/debian/manifests/sha256:d", "/v2/library/python/manifests/sha256:d"]);
    expect(await baseImages.missing(context)).toBeUndefined();
    expect(await baseImages.missing(contextHere())).toBeUndefined();
  });

  it("are not asked for where Docker Hub answers", async () => {
    await writeFile(join(cache, "run", "baseImages.json"), JSON.stringify({ official: true, standIns: {} }));
    expect(await baseImages.missing(contextHere())).toBeUndefined();
    expect(await (await stackWith({ app: "cloudtalents" })).missing(contextHere())).toBeUndefined();
  });
});

async function appWith(compose: string, dockerfile: string): Promise<string> {
  const app = join(folder, "app");
  await mkdir(app);
  await writeFile(join(app, "compose.yaml"), compose);
  await writeFile(join(app, "Dockerfile"), dockerfile);
  return app;
}

function bucket() {
  return { uploads: { storage: "bucket" } };
}
