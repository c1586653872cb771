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
 * @typedef {{ deployment?: { resources?: object[], pending_operations?: Operation[] } }} Exported
 * @typedef {{ type: string, resource: { urn: string, type: string, inputs?: Record<string, unknown> } }} Operation
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
 * The same stack, to which belongs what was being made; the next refresh forgets what is not there.
 * @template {Exported} T @param {T} stack @returns {T}
 */
export function adopted(stack) {
  const known = new Map(pendingCreates(stack).flatMap(({ urn, id }) => (id === undefined ? [] : [[urn, id]])));
  const { resources = [], pending_operations = [], ...more } = stack.deployment ?? {};
  const found = pending_operations.flatMap(({ type, resource }) =>
    type === "creating" && known.has(resource.urn) ? [{ ...resource, id: known.get(resource.urn) }] : [],
  );
  return { ...stack, deployment: { ...more, resources: [...resources, ...found] } };
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
  const exported = JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack]));
  const pending = pendingCreates(exported);
  if (pending.length === 0) return;
  const known = pending.filter(({ id }) => id !== undefined);
  if (known.length > 0) {
    console.log(`A deployment was killed while it made these; looking what is there of them:
${known.map(({ id }) => `  ${id}`).join("\n")}`);
  }
  // Not by `refresh --import-pending-creates`, which forgets them in a state that is kept in files.
  await askPulumi(session, ["stack", "import", "--stack", stack], JSON.stringify(adopted(exported)));
  const targets = known.flatMap(({ urn }) => ["--target", urn]);
  if (known.length > 0)
    await pulumi(session, ["refresh", ...where, "--yes", "--skip-preview", "--suppress-outputs", ...targets]);
  const others = pending.filter(({ type, id }) => id === undefined && !harmless.has(type));
  if (others.length > 0) {
    console.log(`A deployment was killed while it made ${others.map(({ urn }) => urn.split("::").at(-1)).join(", ")}.
Whether these are there nobody knows. If something is in the way of what follows, delete it by hand and run this again.`);
  }
}

/** @param {Session} session @param {string} stack */
async function isLockedByDead({ context: { root, cache, env } }, stack) {
  const backend = pulumiEnvironment({ root, cache, env }).PULUMI_BACKEND_URL ?? "";
  if (!backend.startsWith("file://")) return false;
  const folder = join(backend.slice("file://".length), ".pulumi/locks/organization/retrofit", stack);
  // Beside each lie its attributes.
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json"));
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
