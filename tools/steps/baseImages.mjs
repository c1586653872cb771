// @ts-check
import { join } from "node:path";
import { pulumiEnvironment } from "../environment.mjs";
import { buildStandIn, engineImages, giveToEngine, standInLabel } from "../images/build.mjs";
import { hostConfiguration } from "../images/host.mjs";
import { placeInRegistry, recipeHashes, recipes, withBase } from "../images/recipes.mjs";
import { readStamp, writeStamp } from "../images/stamp.mjs";
import { withoutDockerHub } from "../services/dockerHub.mjs";
import { deleteManifest, labelsOf, manifestDigest } from "../services/registryApi.mjs";
import { registryAddress } from "./registry.mjs";

/**
 * @typedef {import("../step.mjs").Context} Context
 * @typedef {import("../images/stamp.mjs").Stamp} Stamp
 * @typedef {import("../images/stamp.mjs").StandIn} StandIn
 *
 * @callback Named Names of images, among them those that are to be there.
 * @param {Context} context @returns {Promise<readonly string[]>}
 */

/** The official images that the Dockerfiles and compose files of this project name, all of them. */
export const baseImages = baseImagesStep(async () => recipes.map(({ image }) => image));

/**
 * Those alone that a stack names: its app, and what its target adds.
 * @param {string} file Of the stack, `Pulumi.dev.yaml`.
 */
export function baseImagesOf(file) {
  return baseImagesStep(async (context) => {
    const { root, cache } = context;
    const program = join(root, "targets", "baseImages.ts");
    const env = pulumiEnvironment({ root, cache, env: context.env });
    return JSON.parse(await context.run("node", [program, file], { quiet: true, env }));
  });
}

/** @param {Named} named @returns {import("../step.mjs").Step} */
function baseImagesStep(named) {
  return {
    name: "base-images",
    title: "Base images",
    slow: "nothing where Docker Hub answers, otherwise stand-ins made of Debian's packages, about 1 min each",
    async missing(context) {
      const stamp = readStamp(context.cache);
      if (!stamp) return "not yet known whether Docker Hub answers";
      if (stamp.official) return undefined;
      if (context.env.RETROFIT_DOWNLOADS === "official") return "to be the official ones again";
      const found = await lacking(context, stamp, named);
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
      await writeStamp(context.cache, stamp);
      const needed = await lacking(context, stamp, named);
      if (needed.size > 0) announce(context, reason, [...needed.keys()]);
      const host = await hostConfiguration(context.env);
      for (const [image, { hash, built }] of needed) {
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
}

/**
 * What has to be made: all of it, or where it is `built` and in the registry, only its copy in the engine.
 * @param {Context} context @param {Stamp} stamp @param {Named} named Asked only where something lacks.
 * @returns {Promise<Map<string, { hash: string, built?: StandIn }>>}
 */
async function lacking(context, stamp, named) {
  const registry = registryAddress(context.env);
  const made = Object.keys(stamp.standIns);
  const [{ files }, inEngine] = await Promise.all([hostConfiguration(context.env), engineImages(context, made)]);
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
  const lacks = (await Promise.all(states)).filter((state) => state !== undefined);
  if (lacks.length === 0) return new Map();
  const needed = withBase(await named(context));
  return new Map(lacks.filter(([image]) => needed.includes(image)));
}

/** @param {Context} context @param {string} reason @param {readonly string[]} images */
function announce(context, reason, images) {
  for (const line of [
    `Docker Hub cannot be reached (${reason}).`,
    `STAND-INS made of Debian's packages take the names of ${images.join(", ")}`,
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
    // What else has the name there is somebody else's.
    const labels = await labelsOf(registry, repository, tag).catch(() => undefined);
    const digest = labels?.[standInLabel] && (await manifestDigest(registry, repository, tag));
    if (digest) await deleteManifest(registry, repository, digest);
    if (inEngine.includes(image)) await context.run("docker", ["rmi", image]);
    if (digest || inEngine.includes(image))
      context.say(`      ${image}: the stand-in is removed, as Docker Hub answers`);
  }
}
