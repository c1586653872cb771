// @ts-check
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptInstall } from "../apt.mjs";
import { goBuild } from "../go.mjs";
import { builderRecord, builderText, buildkitConfig, writeBuilder } from "../services/builder.mjs";
import { containerState, removeContainer, runContainer } from "../services/container.mjs";
import { daemonProcess, logOf, startDaemon, stopDaemon } from "../services/daemon.mjs";
import { withoutDockerHub } from "../services/dockerHub.mjs";
import { grpcAnswers } from "../services/grpcHealth.mjs";
import { runningAs } from "../services/service.mjs";
import { within } from "../services/within.mjs";
import { atomically, SetupError, which } from "../step.mjs";
import { buildkit as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";
import { registryAddress } from "./registry.mjs";

/** @typedef {import("../step.mjs").Context} Context */

const name = "buildkitd";
const container = "retrofit-buildkit";

/** The volume of the container, and its configuration. */
const volume = "retrofit-buildkit";

const startPatience = 30_000;
/** It would wait for ever for a client that hangs; its store survives being killed. */
const stopping = { patience: 15_000, kill: true };

const otherConfiguration = "it runs with another configuration";

/** Asked to see whether it answers. */
const method = "/moby.buildkit.v1.Control/Info";

/**
 * Builds images: a builder named `retrofit` that reaches the registry on this machine as the engine does, which a builder
 * made by buildx in a container of its own cannot.
 * @type {import("../step.mjs").Step}
 */
export const buildkit = {
  name: "buildkit",
  title: `BuildKit ${pinned.version}`,
  slow: "an image of 90 MB, or compiled from its Go module, about 3 min",
  async missing(context) {
    const record = await builderRecord(context.env);
    const config = await readFile(configFile(context.cache), "utf8").catch(() => undefined);
    if (record === builderText(containerEndpoint)) {
      if ((await containerState(context, container)) !== "running") return `${container} does not run`;
      return config === buildkitConfig(registryAddress(context.env)) ? undefined : otherConfiguration;
    }
    if (!(await processAnswers(context.cache))) return "it does not run";
    if (config !== processConfig(context)) return otherConfiguration;
    return record === builderText(processEndpoint(context.cache)) ? undefined : "buildx does not know of it";
  },
  async install(context) {
    if (await withoutDockerHub(context)) {
      await startProcess(context);
      await writeBuilder(context.env, processEndpoint(context.cache));
    } else {
      await startContainer(context);
      await writeBuilder(context.env, containerEndpoint);
    }
  },
};

/** @type {import("../services/service.mjs").Service} */
export const buildkitService = {
  step: buildkit,
  async state(context) {
    const [pid, state, answers] = await Promise.all([
      daemonProcess(context.cache, name),
      containerState(context, container),
      processAnswers(context.cache),
    ]);
    return {
      ...runningAs(context.cache, name, pid, state === "running" ? container : undefined, answers),
      address: state === "running" ? containerEndpoint : socket(context.cache),
      folders: [storage(context.cache)],
    };
  },
  async stop(context) {
    const process = await stopDaemon(context.cache, name, stopping);
    return (await removeContainer(context, container)) || process;
  },
};

const containerEndpoint = `docker-container://${container}`;

/** @param {string} cache */
function processEndpoint(cache) {
  return `unix://${socket(cache)}`;
}

/** @param {string} cache */
function socket(cache) {
  return join(cache, "run", `${name}.sock`);
}

/** @param {string} cache */
function configFile(cache) {
  return join(cache, "run", `${name}.toml`);
}

/** @param {string} cache */
function storage(cache) {
  return join(cache, "buildkit");
}

/** @param {string} cache */
function processAnswers(cache) {
  return grpcAnswers(socket(cache), method, 2000);
}

/** The client that drives it. @param {Context} context @param {readonly string[]} args */
export function buildctl(context, args) {
  const command = join(toolFolder(context.cache, "buildkit", pinned.version), "buildctl");
  return context.run(command, ["--addr", processEndpoint(context.cache), ...args]);
}

/** @param {Context} context */
async function startContainer(context) {
  const file = configFile(context.cache);
  await mkdir(join(context.cache, "run"), { recursive: true });
  await atomically(file, (partial) => writeFile(partial, buildkitConfig(registryAddress(context.env))));
  await stopDaemon(context.cache, name, stopping);
  await runContainer(context, {
    name: container,
    image: `moby/buildkit:v${pinned.version}`,
    options: [
      "--privileged",
      ...["--network", "host"],
      ...["--volume", `${volume}:/var/lib/buildkit`],
      ...["--volume", `${file}:/etc/buildkit/buildkitd.toml:ro`],
    ],
    args: [],
  });
  let reason = "";
  const answers = await within(startPatience, async () => {
    const workers = ["exec", container, "buildctl", "debug", "workers"];
    reason = await context.run("docker", workers, { quiet: true }).then(() => "", String);
    return reason === "";
  });
  if (!answers) throw new SetupError(`BuildKit does not answer: ${reason}`, `See: docker logs ${container}`);
}

/** Its own programs, with the system's runc. @param {Context} context */
async function startProcess(context) {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new SetupError(
      "Docker Hub does not answer, and BuildKit without its official image needs root on Linux",
      "Run this as root, or where Docker Hub answers",
    );
  const address = socket(context.cache);
  if (Buffer.byteLength(address) > 100)
    throw new SetupError(`${address} is too long for the address of a socket`, "Set RETROFIT_CACHE to a shorter path");
  const folder = toolFolder(context.cache, "buildkit", pinned.version);
  for (const program of ["buildkitd", "buildctl"]) {
    const target = join(folder, program);
    if (!existsSync(target)) await goBuild(context, goProgram(program), target);
  }
  if (!(await which(context.env, "runc"))) await aptInstall(context, ["runc"]);
  await removeContainer(context, container);
  await stopDaemon(context.cache, name, stopping); // where it does not answer, or with another configuration
  const file = configFile(context.cache);
  await atomically(file, (partial) => writeFile(partial, processConfig(context)));
  const daemon = { name, command: join(folder, name), args: ["--config", file], env: context.env };
  await startDaemon(context.cache, daemon, () => processAnswers(context.cache), startPatience);
  context.say(`      its log: ${logOf(context.cache, name)}`);
}

/** @param {string} program */
function goProgram(program) {
  const module = "github.com/moby/buildkit";
  const ldflags = `-X ${module}/version.Version=v${pinned.version}`;
  return { module, version: pinned.version, package: `cmd/${program}`, ldflags, static: true };
}

/** @param {Context} context */
function processConfig({ cache, env }) {
  return buildkitConfig(registryAddress(env), { root: storage(cache), address: processEndpoint(cache) });
}
