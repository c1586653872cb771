// @ts-check
import { existsSync } from "node:fs";
import { mkdir, readlink, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { downloadExecutable } from "../download.mjs";
import { eitherWay } from "../downloads.mjs";
import { goBuild } from "../go.mjs";
import { addToPath, atLeast, atomically, SetupError, which } from "../step.mjs";
import { compose as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Reads compose files, as `docker compose`. @type {import("../step.mjs").Step} */
export const compose = {
  name: "compose",
  title: `Docker Compose ${pinned.version}`,
  slow: "a download of 70 MB, or compiled from its Go module, about 3 min",
  async missing(context) {
    const own = ownBinary(context);
    if (existsSync(own)) {
      addToPath(context.env, ownFolder(context));
      if ((await linkTarget(context)) === own) return undefined;
    }
    if (await which(context.env, "docker")) {
      const found = await pluginVersion(context);
      return atLeast(found, pinned.oldest) ? undefined : `docker compose is ${found || "not there"}`;
    }
    return "docker compose is not there";
  },
  async install(context) {
    const own = ownBinary(context);
    if (!existsSync(own))
      await eitherWay(
        context,
        () => official(context, own),
        () => compiled(context, own),
      );
    const found = await context.run(own, ["version", "--short"]);
    if (!atLeast(found, pinned.version))
      throw new SetupError(`${own} says it is ${found.trim()}`, `Remove ${own} and run again`);
    await link(context, own);
  },
};

/** @param {Context} context */
function ownFolder(context) {
  return toolFolder(context.cache, "compose", pinned.version);
}

/** @param {Context} context */
function ownBinary(context) {
  return join(ownFolder(context), "docker-compose");
}

/** Where Docker's command line looks first. @param {Context} context */
function pluginPath({ env }) {
  return join(env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker"), "cli-plugins", "docker-compose");
}

/** @param {Context} context */
async function linkTarget(context) {
  return readlink(pluginPath(context)).catch(() => undefined);
}

/** @param {Context} context @param {string} own */
async function link(context, own) {
  const path = pluginPath(context);
  if (existsSync(path) && (await linkTarget(context)) === undefined)
    throw new SetupError(`${path} is older than ${pinned.oldest}`, "Update or remove it and run again");
  await mkdir(join(path, ".."), { recursive: true });
  await atomically(path, (partial) => symlink(own, partial));
}

/** @param {Context} context */
async function pluginVersion(context) {
  return (await context.run("docker", ["compose", "version", "--short"], { quiet: true }).catch(() => "")).trim();
}

/** @param {Context} context @param {string} target */
async function official(context, target) {
  const release = `https://github.com/docker/compose/releases/download/v${pinned.version}`;
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const url = `${release}/docker-compose-linux-${machine}`;
  await downloadExecutable(context, { url, checksums: `${release}/checksums.txt`, target });
}

/** @param {Context} context @param {string} target */
async function compiled(context, target) {
  const module = "github.com/docker/compose/v2";
  const ldflags = `-X ${module}/internal.Version=v${pinned.version}`;
  await goBuild(context, { module, version: pinned.version, package: "cmd", ldflags }, target);
}
