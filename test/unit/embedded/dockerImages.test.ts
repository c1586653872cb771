import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isImageId, parseImageReference } from "../../../embedded/docker/imageReference.ts";
import { repoDigest } from "../../../embedded/docker/images.ts";
import { registryCredentials } from "../../../embedded/docker/registryAuth.ts";

const sha = `sha256:${"a".repeat(64)}`;

describe("an image's name", () => {
  it.each([
    ["nginx", { registry: "docker.io", repository: "nginx" }],
    ["nginx:1.28", { registry: "docker.io", repository: "nginx", tag: "1.28" }],
    ["team/app:1", { registry: "docker.io", repository: "team/app", tag: "1" }],
    ["docker.io/team/app", { registry: "docker.io", repository: "docker.io/team/app" }],
    ["localhost/app", { registry: "localhost", repository: "localhost/app" }],
    ["127.0.0.1:5050/app", { registry: "127.0.0.1:5050", repository: "127.0.0.1:5050/app" }],
    ["127.0.0.1:5050/a/b:2", { registry: "127.0.0.1:5050", repository: "127.0.0.1:5050/a/b", tag: "2" }],
    [`r.example/app@${sha}`, { registry: "r.example", repository: "r.example/app", digest: sha }],
    [`r:5000/app:1@${sha}`, { registry: "r:5000", repository: "r:5000/app", tag: "1", digest: sha }],
  ])("%s", (name, expected) => expect(parseImageReference(name)).toEqual(expected));

  it("may be an id", () => {
    expect(isImageId(sha)).toBe(true);
    expect(isImageId(`app@${sha}`)).toBe(false);
  });
});

describe("the digest of an image under a name", () => {
  const other = `sha256:${"b".repeat(64)}`;
  it.each([
    ["the one named", `app@${sha}`, [`app@${other}`, `app@${sha}`], `app@${sha}`],
    ["the one of its repository", "app:1", [`x@${other}`, `app@${sha}`], `app@${sha}`],
    ["any, when it was pulled under another name", "app:1", [`x@${other}`], `x@${other}`],
    ["none, when it never was in a registry", "app:1", [], ""],
  ])("%s", (_case, name, digests, expected) => expect(repoDigest({ RepoDigests: digests }, name)).toBe(expected));
});

describe("credentials for a registry", () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "retrofit-auth-"));
    process.env.PATH = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  const auth = (user: string, password: string) => ({ auth: Buffer.from(`${user}:${password}`).toString("base64") });
  const config = (content: object) => writeFileSync(join(folder, "config.json"), JSON.stringify(content));
  const helper = (name: string, script: string) => {
    writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, `docker-credential-${name}`), 0o755);
  };
  const find = (registry: string, registryAuth: Parameters<typeof registryCredentials>[0] = [], environment = {}) =>
    registryCredentials(registryAuth, folder, environment)(registry);

  it("are those of docker login, by host, for Docker Hub by its old address", async () => {
    config({
      auths: {
        "r.example:5000": auth("u", "p:with:colons"),
        "https://index.docker.io/v1/": auth("hub", "h"),
        "https://url.example/v2/": { username: "plain", password: "text" },
        "empty.example": {},
      },
    });
    expect(await find("r.example:5000")).toEqual({
      username: "u",
      password: "p:with:colons",
      serveraddress: "r.example:5000",
    });
    expect(await find("docker.io")).toEqual({ username: "hub", password: "h", serveraddress: "docker.io" });
    expect(await find("url.example")).toMatchObject({ username: "plain", password: "text" });
    expect(await find("empty.example")).toBeUndefined();
    expect(await find("r.example")).toBeUndefined();
  });

  it("are none where nobody logged in", async () => {
    expect(await find("r.example")).toBeUndefined();
  });

  it("are those of a credential helper, of the registry's own before the general one", async () => {
    config({ credsStore: "general", credHelpers: { "r.example": "special" } });
    helper("special", `read registry; echo "{\\"Username\\":\\"special\\",\\"Secret\\":\\"$registry\\"}"`);
    helper("general", `read registry; echo "{\\"Username\\":\\"general\\",\\"Secret\\":\\"$registry\\"}"`);
    expect(await find("r.example")).toMatchObject({ username: "special", password: "r.example" });
    expect(await find("docker.io")).toMatchObject({ username: "general", password: "https://index.docker.io/v1/" });
  });

  it("are none where a helper has none, and those in the file are taken", async () => {
    config({ credsStore: "none", auths: { "r.example": auth("u", "p") } });
    helper("none", "echo credentials not found in native keychain; exit 1");
    expect(await find("r.example")).toMatchObject({ username: "u" });
    expect(await find("x.example")).toBeUndefined();
  });

  it.each([
    ["that is not installed", "absent", "", "it is not installed"],
    ["that fails, without its words", "broken", "echo hunter2; exit 7", "it failed (7)"],
  ])("are refused with a helper %s", async (_case, name, script, why) => {
    config({ credsStore: name });
    if (script !== "") helper(name, script);
    await expect(find("r.example")).rejects.toThrow(
      `the credential helper docker-credential-${name} gives nothing for r.example: ${why}`,
    );
  });

  it("are refused with a helper that answers something else", async () => {
    config({ credsStore: "odd" });
    helper("odd", "echo hello");
    await expect(find("r.example")).rejects.toThrow("docker-credential-odd answers no JSON for r.example");
  });

  it("are those of the provider's configuration before all others", async () => {
    config({ auths: { "r.example": auth("file", "f") } });
    const own = [{ address: "https://r.example/v2", username: "own", password: "o" }];
    expect(await find("r.example", own)).toMatchObject({ username: "own", password: "o" });
    expect(await find("other.example", own)).toBeUndefined();
    expect(await find("r.example", [{ address: "r.example", authDisabled: true }])).toBeUndefined();
    expect(await find("r.example", [{ address: "r.example" }])).toMatchObject({ username: "file" });
    expect(
      await find("r.example", [{ address: "r.example" }], { DOCKER_REGISTRY_USER: "env", DOCKER_REGISTRY_PASS: "e" }),
    ).toMatchObject({ username: "env", password: "e" });
  });

  it("may be in a file of another name, or in text", async () => {
    const content = JSON.stringify({ auths: { "r.example": auth("other", "o") } });
    mkdirSync(join(folder, "x"));
    writeFileSync(join(folder, "x", "config.json"), content);
    const address = "r.example";
    expect(await find(address, [{ address, configFile: join(folder, "x") }])).toMatchObject({ username: "other" });
    expect(await find(address, [{ address, configFile: join(folder, "x", "config.json") }])).toMatchObject({
      username: "other",
    });
    expect(await find(address, [{ address, configFileContent: content }])).toMatchObject({ username: "other" });
  });

  it("are refused from what is no JSON", async () => {
    writeFileSync(join(folder, "config.json"), "{");
    await expect(find("r.example")).rejects.toThrow(
      `${join(folder, "config.json")} is no valid JSON, so no credentials can be read from it`,
    );
  });
});
