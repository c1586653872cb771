// @ts-check
import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { askPulumi, pulumi } from "./cli.mjs";
import { pulumiEnvironment } from "./environment.mjs";

/**
 * What a command that was killed leaves in the state: its lock, and resources of which the state does not know whether they
 * have been made. A VM among these would keep its address and disk from the next one.
 */

/** @typedef {import("./runner.mjs").Session} Session */

/**
 * A stack as `pulumi stack export` gives it, as far as it matters here.
 * @typedef {{ deployment?: { pending_operations?: { type: string, resource: { urn: string, type: string, inputs?: Record<string, unknown> } }[] } }} Exported
 */

/** Ids of resources whose name is known before they are made, in the provider's words. @type {Record<string, string>} */
const ids = {
  "gcp:artifactregistry/repository:Repository": "projects/{project}/locations/{location}/repositories/{repositoryId}",
  "gcp:compute/address:Address": "projects/{project}/regions/{region}/addresses/{name}",
  "gcp:compute/disk:Disk": "projects/{project}/zones/{zone}/disks/{name}",
  "gcp:compute/firewall:Firewall": "projects/{project}/global/firewalls/{name}",
  "gcp:compute/instance:Instance": "projects/{project}/zones/{zone}/instances/{name}",
  "gcp:compute/network:Network": "projects/{project}/global/networks/{name}",
  "gcp:compute/resourcePolicy:ResourcePolicy": "projects/{project}/regions/{region}/resourcePolicies/{name}",
  "gcp:compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
  "gcp:secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
  "gcp:serviceaccount/account:Account":
    "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
  "gcp:storage/bucket:Bucket": "{name}",
};

/** For a refresh: the plugin would ask local registries by HTTPS and find their images gone; see lostImages.mjs. */
export const withoutImages = ["--exclude", "**docker-build:index:Image**"];

/** Those that leave nothing that would be in the way of another try. */
const harmless = new Set(["docker-build:index:Image"]);

/**
 * Resources that were being made when a command was killed.
 * @param {Exported} stack
 * @returns {{ urn: string, type: string, id?: string }[]} `id`: what the provider would know it by, where that can be told.
 */
export function pendingCreates({ deployment }) {
  return (deployment?.pending_operations ?? [])
    .filter(({ type }) => type === "creating")
    .map(({ resource: { urn, type, inputs = {} } }) => ({ urn, type, id: filled(ids[type], inputs) }));
}

/** @param {string | undefined} pattern @param {Record<string, unknown>} inputs @returns {string | undefined} */
function filled(pattern, inputs) {
  const names = [...(pattern?.matchAll(/\{(\w+)\}/g) ?? [])].map(([, name]) => String(name));
  if (pattern === undefined || names.some((name) => typeof inputs[name] !== "string")) return undefined;
  return names.reduce((id, name) => id.replace(`{${name}}`, () => String(inputs[name])), pattern);
}

/**
 * Takes away the lock of a command that was killed on this machine, and has the state know what it was making: whatever is
 * there of it then belongs to the stack like everything else.
 * @param {Session} session @param {string} stack One that exists. @param {readonly string[]} where Options that name it.
 */
export async function recover(session, stack, where) {
  if (await isLockedByDead(session, stack)) {
    console.log("A deployment was killed here: taking its lock away.");
    await askPulumi(session, ["cancel", "--yes", "--stack", stack]);
  }
  const pending = pendingCreates(JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack])));
  if (pending.length === 0) return;
  const known = pending.flatMap(({ urn, id }) => (id === undefined ? [] : [urn, id]));
  const others = pending.filter(({ type, id }) => id === undefined && !harmless.has(type));
  console.log(`A deployment was killed while it made these; looking what is there of them:
${pending.map(({ urn, id }) => `  ${id ?? urn.split("::").at(-1)}`).join("\n")}`);
  const options = [...where, "--yes", "--skip-preview", "--suppress-outputs", ...withoutImages];
  const imports = known.flatMap((word) => ["--import-pending-creates", word]);
  const clear = others.length === 0 ? ["--clear-pending-creates"] : [];
  if (imports.length + clear.length > 0) await pulumi(session, ["refresh", ...options, ...imports, ...clear]);
  if (others.length > 0) {
    console.log(`Of these nobody can tell whether they were made: ${others.map(({ urn }) => urn.split("::").at(-1)).join(", ")}.
Delete by hand what is there of them, then: npm run pulumi -- refresh --clear-pending-creates --stack ${stack}`);
  }
}

/** @param {Session} session @param {string} stack */
async function isLockedByDead({ context: { root, cache, env } }, stack) {
  const backend = pulumiEnvironment({ root, cache, env }).PULUMI_BACKEND_URL ?? "";
  if (!backend.startsWith("file://")) return false;
  const folder = join(backend.slice("file://".length), ".pulumi/locks/organization/retrofit", stack);
  const files = await readdir(folder).catch(() => []);
  const locks = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8"))));
  return locks.length > 0 && locks.every(({ hostname: host, pid }) => host === hostname() && !isAlive(pid));
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
