import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "../../../tools/context.mjs";
import { ownBackend, pulumiEnvironment } from "../../../tools/environment.mjs";

let home: string;
let root: string;
let cache: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "retrofit-home-"));
  root = join(home, "checkout");
  cache = join(home, "cache");
  await mkdir(root);
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe("pulumiEnvironment", () => {
  it("keeps state and passphrase in the checkout where the user has no backend", async () => {
    const env = pulumiEnvironment({ root, cache, env: { HOME: home, PATH: "/usr/bin" } });
    expect(env).toEqual({
      HOME: home,
      PATH: `${root}/node_modules/.bin:/usr/bin`,
      PULUMI_BACKEND_URL: `file://${root}/.retrofit/state`,
      PULUMI_CONFIG_PASSPHRASE_FILE: `${root}/.retrofit/passphrase`,
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      RETROFIT_STAND_INS: "",
      NODE_COMPILE_CACHE: `${cache}/compiled`,
    });
    const { mode } = await stat(join(root, ".retrofit/passphrase"));
    expect(mode & 0o777).toBe(0o600);
  });

  it("makes the passphrase once", async () => {
    const passphrase = async () => {
      const { PULUMI_CONFIG_PASSPHRASE_FILE: file } = pulumiEnvironment({ root, cache, env: { HOME: home } });
      return readFile(file as string, "utf8");
    };
    const first = await passphrase();
    expect(first).toMatch(/^[\w-]{32}\n$/);
    expect(await passphrase()).toBe(first);
  });

  it("takes the tools that the set-up has put into the cache", async () => {
    await mkdir(join(cache, "tools", "pulumi-3.255.0"), { recursive: true });
    const env = pulumiEnvironment({ root, cache, env: { HOME: home, PATH: "/usr/bin" } });
    expect(env.PATH).toBe(`${root}/node_modules/.bin:${cache}/tools/pulumi-3.255.0:/usr/bin`);
  });

  it.each([
    { PULUMI_BACKEND_URL: "s3://states", PULUMI_CONFIG_PASSPHRASE: "" },
    { PULUMI_BACKEND_URL: "file:///states", PULUMI_CONFIG_PASSPHRASE_FILE: "/run/passphrase" },
    { PULUMI_ACCESS_TOKEN: "pul-1", PULUMI_CONFIG_PASSPHRASE: "mine", NODE_COMPILE_CACHE: "/tmp/compiled" },
  ])("keeps what the user has set: %o", (set) => {
    const env = pulumiEnvironment({ root, cache, env: { HOME: home, ...set } });
    expect(env).toMatchObject(set);
    expect(env.PULUMI_BACKEND_URL).toBe(set.PULUMI_BACKEND_URL);
    expect(env.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(set.PULUMI_CONFIG_PASSPHRASE_FILE);
  });
});

describe("ownBackend", () => {
  const loggedIn = async (folder: string, current: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "credentials.json"), JSON.stringify({ current }));
  };

  it("is the one that the user is logged in to", async () => {
    await loggedIn(join(home, ".pulumi"), "gs://states");
    expect(ownBackend({ HOME: home })).toBe("gs://states");
    expect(pulumiEnvironment({ root, cache, env: { HOME: home } }).PULUMI_BACKEND_URL).toBeUndefined();
  });

  it("is looked for where PULUMI_HOME and PULUMI_CREDENTIALS_PATH say", async () => {
    await loggedIn(join(home, "a"), "gs://a");
    await loggedIn(join(home, "b"), "gs://b");
    expect(ownBackend({ HOME: home, PULUMI_HOME: join(home, "a") })).toBe("gs://a");
    expect(ownBackend({ PULUMI_HOME: join(home, "a"), PULUMI_CREDENTIALS_PATH: join(home, "b") })).toBe("gs://b");
  });

  it("is none after a log-out, or without a readable file", async () => {
    await loggedIn(join(home, ".pulumi"), "");
    expect(ownBackend({ HOME: home })).toBeUndefined();
    expect(ownBackend({ HOME: join(home, "nobody") })).toBeUndefined();
  });
});

describe("cacheFolder", () => {
  it.each([
    [{ RETROFIT_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" }, "/c"],
    [{ XDG_CACHE_HOME: "/x", HOME: "/h" }, "/x/retrofit"],
    [{ HOME: "/h" }, "/h/.cache/retrofit"],
  ])("%o: %s", (env, folder) => {
    expect(cacheFolder(env)).toBe(folder);
  });
});
