// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildStandIn, engineImages, giveToEngine, standInLabel } from "../images/build.mjs";
import { hostConfiguration } from "../images/host.mjs";
import { placeInRegistry, recipeHashes, recipes } from "../images/recipes.mjs";
import { withoutDockerHub } from "../services/dockerHub.mjs";
import { deleteManifest, manifestDigest } from "../services/registryApi.mjs";
import { atomically } from "../step.mjs";
import { registryAddress } from "./registry.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/**
 * What was decided and made, in `<cache>/run/baseImages.json`.
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

/** The official images that Dockerfiles and compose files name. @type {import("../step.mjs").Step} */
export const baseImages = {
  name: "base-images",
  title: "Base images",
  slow: "nothing where Docker Hub answers, otherwise stand-ins made of Debian's packages, about 4 min",
  async missing(context) {
    const stamp = readStamp(context.cache);
    if (!stamp) return "not yet known whether Docker Hub answers";
    if (stamp.official) return undefined;
    const found = await lacking(context, stamp).catch(() => undefined);
    if (!found) return "not to be seen without an engine";
    const lacks = [...found.keys()];
    return lacks.length > 0 ? `to be made: ${lacks.join(", ")}` : undefined;
  },
  async install(context) {
    const stamp = readStamp(context.cache) ?? { official: false, standIns: {} };
    const reason = await withoutDockerHub(context);
    if (reason === undefined) {
      await removeStandIns(context);
      await writeStamp(context.cache, { official: true, standIns: {} });
      return;
    }
    stamp.official = false;
    announce(context, reason);
    const host = await hostConfiguration(context.env);
    for (const [image, { hash, built }] of await lacking(context, stamp)) {
      const recipe = recipes.find((each) => each.image === image);
      if (!recipe) continue;
      const registry = registryAddress(context.env);
      context.progress(image);
      const digest = built?.digest ?? (await buildStandIn(context, recipe, host));
      stamp.standIns[image] = { hash, registry, digest, id: await giveToEngine(context, image) };
      await writeStamp(context.cache, stamp);
      context.say(`      ${image}: ${built ? "given to the engine again" : recipe.of}`);
    }
  },
};

/**
 * Official names that stand-ins bear on this machine, none where Docker Hub answers. An image built on one carries this
 * machine's certificates and mirrors, and `retrofit.stand-in` among its labels: it is not for a registry elsewhere.
 * @param {string} cache @returns {readonly string[]}
 */
export function standInsInUse(cache) {
  const stamp = readStamp(cache);
  return stamp && !stamp.official ? Object.keys(stamp.standIns) : [];
}

/**
 * What has to be made: all of it, or where it is `built` and in the registry, only its copy in the engine.
 * @param {Context} context @param {Stamp} stamp
 * @returns {Promise<Map<string, { hash: string, built?: StandIn }>>}
 */
async function lacking(context, stamp) {
  const registry = registryAddress(context.env);
  const images = recipes.map(({ image }) => image);
  const [{ files }, inEngine] = await Promise.all([hostConfiguration(context.env), engineImages(context, images)]);
  const states = [...(await recipeHashes(files))].map(async ([image, hash]) => {
    const known = stamp.standIns[image];
    const { repository, tag } = placeInRegistry(image);
    const isBuilt =
      known?.hash === hash &&
      known.registry === registry &&
      (await manifestDigest(registry, repository, tag).catch(() => undefined)) === known.digest;
    if (isBuilt && inEngine.get(image) === known.id) return undefined;
    return /** @type {const} */ ([image, isBuilt ? { hash, built: known } : { hash }]);
  });
  return new Map((await Promise.all(states)).filter((state) => state !== undefined));
}

/** @param {Context} context @param {string} reason */
function announce(context, reason) {
  const names = recipes.map(({ image }) => image).join(", ");
  for (const line of [
    `Docker Hub cannot be reached (${reason}).`,
    `STAND-INS made of Debian's packages take the names of ${names}`,
    "on this machine: they behave like the official images, but are not. They carry this machine's certificates and package",
    "mirrors: an image built on one is for this machine only, and must not be pushed to a real registry.",
  ])
    context.say(`      ! ${line}`);
}

/** The official images take their names back, also from stand-ins of which no stamp is left. @param {Context} context */
async function removeStandIns(context) {
  const registry = registryAddress(context.env);
  const marked = ["image", "ls", "--filter", `label=${standInLabel}`, "--format", "{{.Repository}}:{{.Tag}}"];
  const inEngine = (await context.run("docker", marked, { quiet: true })).split("\n");
  for (const { image } of recipes) {
    const { repository, tag } = placeInRegistry(image);
    const digest = await manifestDigest(registry, repository, tag);
    if (digest) await deleteManifest(registry, repository, digest);
    if (inEngine.includes(image)) await context.run("docker", ["rmi", image]);
    if (digest || inEngine.includes(image))
      context.say(`      ${image}: the stand-in is removed, as Docker Hub answers`);
  }
}

/** @param {string} cache */
function stampFile(cache) {
  return join(cache, "run", "baseImages.json");
}

/** @param {string} cache @returns {Stamp | undefined} */
function readStamp(cache) {
  return existsSync(stampFile(cache)) ? JSON.parse(readFileSync(stampFile(cache), "utf8")) : undefined;
}

/** @param {string} cache @param {Stamp} stamp */
async function writeStamp(cache, stamp) {
  await atomically(stampFile(cache), (partial) => writeFile(partial, `${JSON.stringify(stamp, undefined, 2)}\n`));
}
