// @ts-check
/** Building a stand-in and bringing it where official images are looked for: the local registry, the engine. */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { aptInstall } from "../apt.mjs";
import { goBuild } from "../go.mjs";
import { manifestDigest } from "../services/registryApi.mjs";
import { SetupError, which } from "../step.mjs";
import { buildctl } from "../steps/buildkit.mjs";
import { mirrorsHub } from "../steps/engine.mjs";
import { registryAddress } from "../steps/registry.mjs";
import { suite } from "./apt.mjs";
import { placeInRegistry, recipeFolder, recipes } from "./recipes.mjs";

/**
 * @typedef {import("../step.mjs").Context} Context
 * @typedef {import("./recipes.mjs").Recipe} Recipe
 * @typedef {import("./host.mjs").HostConfiguration} HostConfiguration
 */

/** Marks a stand-in, and every image that is built on one, with the official name. */
export const standInLabel = "retrofit.stand-in";

/** Variables that a build may use without an image keeping them. */
const proxies = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/**
 * Builds an image and pushes it to the local registry, never elsewhere.
 * @param {Context} context @param {Recipe} recipe @param {HostConfiguration} host
 * @returns {Promise<string>} Its digest.
 */
export async function buildStandIn(context, recipe, host) {
  const work = join(context.cache, "run", "baseImages");
  await rm(work, { recursive: true, force: true });
  try {
    const [folder, hostFolder] = [join(work, "context"), join(work, "host")];
    await cp(recipeFolder(recipe), folder, { recursive: true });
    await writeFiles(hostFolder, host.files);
    if (recipe === recipes[0]) await bootstrap(context, host.debian, work, join(folder, "rootfs.tar"));
    if (recipe.program) await goBuild(context, recipe.program, join(folder, recipe.folder));

    const { repository, tag } = placeInRegistry(recipe.image);
    const address = registryAddress(context.env);
    await buildctl(context, [
      ...["build", "--progress", "plain", "--frontend", "dockerfile.v0"],
      ...["--local", `context=${folder}`, "--local", `dockerfile=${folder}`],
      ...["--local", `host=${hostFolder}`, "--opt", "context:host=local:host"],
      ...proxies.flatMap((name) => (context.env[name] ? ["--opt", `build-arg:${name}=${context.env[name]}`] : [])),
      ...["--opt", `label:${standInLabel}=${recipe.image}`],
      ...["--output", `type=image,name=${address}/${repository}:${tag},push=true`],
    ]);
    const digest = await manifestDigest(address, repository, tag);
    if (!digest) throw new SetupError(`${address} does not have ${repository}:${tag} after its push`, "Run again");
    return digest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Gives the engine an image under its official name.
 * @param {Context} context @param {string} image
 * @returns {Promise<string>} Its id in the engine.
 */
export async function giveToEngine(context, image) {
  const { repository, tag } = placeInRegistry(image);
  const before = await engineImages(context, [image]);
  if (image.startsWith("ghcr.io/") || !(await mirrorsHub(context))) {
    const local = `${registryAddress(context.env)}/${repository}:${tag}`;
    await context.run("docker", ["pull", local]);
    await context.run("docker", ["tag", local, image]);
    await context.run("docker", ["rmi", local]); // the name only
  } else await context.run("docker", ["pull", image]);
  const id = (await engineImages(context, [image])).get(image);
  if (!id) throw new SetupError(`The engine does not have ${image} after pulling it`, "Run again");
  const replaced = before.get(image);
  // One that something is built on or runs from stays.
  if (replaced && replaced !== id) await context.run("docker", ["rmi", replaced]).catch(() => {});
  return id;
}

/**
 * Ids of images in the engine by name, of those that are there.
 * @param {Context} context @param {readonly string[]} images @returns {Promise<Map<string, string>>}
 */
export async function engineImages(context, images) {
  if (images.length === 0) return new Map();
  const ask = (/** @type {string[]} */ ...args) => context.run("docker", ["image", ...args], { quiet: true });
  // This fails where one of them is missing; listing takes an engine with hundreds of images long.
  const list = await ask("inspect", "--format", "{{range .RepoTags}}{{println . $.Id}}{{end}}", ...images).catch(() =>
    ask("ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"),
  );
  const all = list.split("\n").map((line) => /** @type {[string, string]} */ (line.split(" ")));
  return new Map(all.filter(([image]) => images.includes(image)));
}

/**
 * A minimal root file system of Debian's packages, without what is this machine's.
 * @param {Context} context @param {string} mirror @param {string} work @param {string} target
 */
async function bootstrap(context, mirror, work, target) {
  if (!(await which(context.env, "debootstrap"))) await aptInstall(context, ["debootstrap", "debian-archive-keyring"]);
  const folder = join(work, "rootfs");
  // In a mount namespace of its own: what debootstrap mounts goes with it, however it ends.
  await context.run("unshare", [
    ...["--mount", "debootstrap", "--variant=minbase", "--force-check-gpg"],
    ...["--keyring=/usr/share/keyrings/debian-archive-keyring.gpg", suite, folder, mirror],
  ]);
  const excluded = ["./etc/hostname", "./etc/resolv.conf", "./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*"];
  await context.run("tar", [
    ...["--create", "--file", target, "--directory", folder, "--numeric-owner", "--one-file-system"],
    ...excluded.map((path) => `--exclude=${path}`),
    ".",
  ]);
}

/** @param {string} folder @param {Readonly<Record<string, string>>} files */
async function writeFiles(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { mode: 0o644 });
  }
}
