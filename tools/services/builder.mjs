// @ts-check
/** The builder `retrofit`: what buildx knows of it, and how BuildKit is configured. */
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { atomically } from "../step.mjs";

/** Where buildx keeps what it knows of a builder. @param {NodeJS.ProcessEnv} env */
function builderFile(env) {
  const docker = env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
  return join(env.BUILDX_CONFIG || join(docker, "buildx"), "instances", "retrofit");
}

/** What buildx knows of the builder `retrofit`. @param {NodeJS.ProcessEnv} env */
export async function builderRecord(env) {
  return readFile(builderFile(env), "utf8").catch(() => undefined);
}

/** Lets buildx, and so the docker-build plugin, find it. @param {NodeJS.ProcessEnv} env @param {string} endpoint */
export async function writeBuilder(env, endpoint) {
  await atomically(builderFile(env), (partial) => writeFile(partial, builderText(endpoint)));
}

/** As `docker buildx create --name retrofit --driver remote` writes it. @param {string} endpoint */
export function builderText(endpoint) {
  const node = { Name: "retrofit0", Endpoint: endpoint, Platforms: null, DriverOpts: null, Flags: null, Files: null };
  return JSON.stringify({ Name: "retrofit", Driver: "remote", Nodes: [node], Dynamic: false });
}

/**
 * Configuration: the registry on this machine, asked first for official images, and limits of the build cache.
 * @param {string} registry @param {{ root: string, address: string }} [process] Where it is no container.
 */
export function buildkitConfig(registry, process) {
  const own = process
    ? [`root = ${JSON.stringify(process.root)}`, "[grpc]", `address = [${JSON.stringify(process.address)}]`]
    : [];
  return [
    ...own,
    "[worker.containerd]",
    "enabled = false",
    "[worker.oci]",
    'networkMode = "host"',
    "gc = true",
    'reservedSpace = "2GB"',
    'maxUsedSpace = "15GB"',
    'minFreeSpace = "5GB"',
    "[history]",
    "maxEntries = 50",
    '[registry."docker.io"]',
    `mirrors = [${JSON.stringify(registry)}]`,
    '[registry."ghcr.io"]',
    `mirrors = [${JSON.stringify(registry)}]`,
    `[registry.${JSON.stringify(registry)}]`,
    "http = true",
    "insecure = true",
    "",
  ].join("\n");
}
