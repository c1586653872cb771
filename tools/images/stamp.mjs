// @ts-check
/** What was decided about base images on this machine, and which stand-ins were made. */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atomically } from "../step.mjs";

/**
 * The content of `<cache>/run/baseImages.json`.
 * @typedef {object} Stamp
 * @property {boolean} official Whether Docker Hub has answered.
 * @property {Record<string, StandIn>} standIns By official name.
 *
 * @typedef {object} StandIn
 * @property {string} hash Of its recipe.
 * @property {string} registry
 * @property {string} digest In the registry.
 * @property {string} id In the engine.
 */

/**
 * Official names that stand-ins bear on this machine, none where Docker Hub answers. An image built on one carries this
 * machine's certificates and mirrors, and `retrofit.stand-in` among its labels: it is not for a registry elsewhere.
 * @param {string} cache @returns {readonly string[]}
 */
export function standInsInUse(cache) {
  const stamp = readStamp(cache);
  return stamp && !stamp.official ? Object.keys(stamp.standIns) : [];
}

/** @param {string} cache @returns {Stamp | undefined} */
export function readStamp(cache) {
  return existsSync(stampFile(cache)) ? JSON.parse(readFileSync(stampFile(cache), "utf8")) : undefined;
}

/** @param {string} cache @param {Stamp} stamp */
export async function writeStamp(cache, stamp) {
  await atomically(stampFile(cache), (partial) => writeFile(partial, `${JSON.stringify(stamp, undefined, 2)}\n`));
}

/** @param {string} cache */
function stampFile(cache) {
  return join(cache, "run", "baseImages.json");
}
