// @ts-check
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder, root as thisCheckout } from "./context.mjs";
import { freePort } from "./freePort.mjs";
import { standInsInUse } from "./images/stamp.mjs";
import { addToPath } from "./step.mjs";
import { toolFolders } from "./steps/folders.mjs";
import { pluginInstalled } from "./steps/plugins.mjs";
import { dockerPlugin } from "./versions.mjs";

/**
 * Where and with what the CLI is run.
 * @typedef {object} Place
 * @property {string} [root] Default: this checkout.
 * @property {string} [cache] Default: as `RETROFIT_CACHE` and `XDG_CACHE_HOME` say.
 * @property {NodeJS.ProcessEnv} [env] Default: this process's.
 */

/**
 * The environment in which the Pulumi CLI finds everything: tools, backend, passphrase. What the user has set is kept.
 * @param {Place} [place] @returns {NodeJS.ProcessEnv}
 */
export function pulumiEnvironment({ root = thisCheckout, env: given = process.env, cache = cacheFolder(given) } = {}) {
  const env = { ...given };
  for (const folder of toolFolders(cache).filter(existsSync)) addToPath(env, folder);
  addToPath(env, join(root, "node_modules", ".bin")); // Node 24, also for the language host
  // So that the program lets nothing leave this machine that is built on them.
  env.RETROFIT_STAND_INS ??= standInsInUse(cache).join(",");
  env.PULUMI_SKIP_UPDATE_CHECK ??= "true";
  env.NODE_COMPILE_CACHE ??= join(cache, "compiled");
  // A stack file without `encryptionsalt`, as committed, keeps the salt of the stack's state.
  env.PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER ??= "true";
  if (!ownBackend(env)) {
    env.PULUMI_BACKEND_URL = `file://${stateFolder(root)}`;
    mkdirSync(stateFolder(root), { recursive: true });
  }
  if (env.PULUMI_CONFIG_PASSPHRASE === undefined && !env.PULUMI_CONFIG_PASSPHRASE_FILE)
    env.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile(root);
  return env;
}

/** Where the state lives where the user has no backend. @param {string} root */
export function stateFolder(root) {
  return join(root, ".retrofit", "state");
}

/**
 * The user's own backend: set by the environment, or by `pulumi login`.
 * @param {NodeJS.ProcessEnv} env @returns {string | undefined} Its URL.
 */
export function ownBackend(env) {
  if (env.PULUMI_BACKEND_URL) return env.PULUMI_BACKEND_URL;
  if (env.PULUMI_ACCESS_TOKEN) return "https://api.pulumi.com";
  const home = env.PULUMI_CREDENTIALS_PATH || env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
  try {
    return JSON.parse(readFileSync(join(home, "credentials.json"), "utf8")).current || undefined;
  } catch {
    return undefined; // never logged in
  }
}

/** The passphrase of this checkout's stacks, made once. @param {string} root */
function passphraseFile(root) {
  const file = join(root, ".retrofit", "passphrase");
  if (existsSync(file)) return file;
  mkdirSync(join(root, ".retrofit"), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  try {
    linkSync(partial, file); // unlike a rename it never replaces the one that another process has just made
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  } finally {
    rmSync(partial, { force: true });
  }
  return file;
}

/**
 * Provider servers that run for a while, and what the CLI needs in its environment to use them.
 * @typedef {object} Attached
 * @property {NodeJS.ProcessEnv} env Nothing where the real plugins are installed.
 * @property {() => Promise<void>} close
 */

/**
 * Starts this project's provider servers: docker's where its plugin is not installed, and those of the embedded clouds asked
 * for. Does not wait until they listen: the CLI waits for them, and needs as long to start itself.
 * @param {Place & { clouds?: readonly string[], account?: string }} [place] `clouds`: such as `["gcp"]`; `account`: that of an
 *   embedded AWS. @returns {Promise<Attached>}
 */
export async function attachProviders({
  root = thisCheckout,
  env: given = process.env,
  cache,
  clouds = [],
  account,
} = {}) {
  const dockerIsThere = pluginInstalled(given, "docker", dockerPlugin.version);
  const names = [...(dockerIsThere ? [] : ["docker"]), ...clouds];
  if (names.length === 0) return { env: {}, close: async () => {} };
  const apis = clouds.includes("aws") ? ["aws-api"] : [];
  const ports = Object.fromEntries(
    await Promise.all([...names, ...apis].map(async (name) => /** @type {const} */ ([name, await freePort()]))),
  );
  const access = clouds.includes("aws") ? awsAccess(Number(ports["aws-api"]), account) : {};
  const env = { ...pulumiEnvironment({ root, env: given, cache }), ...access };
  // A session of its own: Ctrl-C must reach the CLI only, which needs the providers to finish what it has begun.
  const child = spawn(
    "node",
    [join(root, "embedded", "serve.ts"), ...Object.entries(ports).map(([name, port]) => `${name}=${port}`)],
    {
      cwd: root,
      env,
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
    },
  );
  const ended = new Promise((resolve) => child.on("error", resolve).on("close", resolve));
  child.stdin?.on("error", () => {});
  return {
    env: {
      ...access,
      PULUMI_DEBUG_PROVIDERS: names.map((name) => `${name}:${ports[name]}`).join(","),
      // Otherwise the CLI tries to download the plugin on every run.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // So that the program knows which stacks belong here.
      RETROFIT_EMBEDDED: clouds.join(","),
    },
    async close() {
      child.stdin?.end();
      await ended;
    },
  };
}

/**
 * What AWS's own SDK finds an embedded AWS by, and nothing else: the user's credentials are not for it.
 * @param {number} port @param {string} [account] @returns {NodeJS.ProcessEnv}
 */
function awsAccess(port, account = "123456789012") {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: randomBytes(24).toString("base64url"),
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
}
