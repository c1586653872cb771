// @ts-check
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptDownload } from "../apt.mjs";
import { containerState, removeContainer, runContainer } from "../services/container.mjs";
import { daemonProcess, logOf, startDaemon, stopDaemon } from "../services/daemon.mjs";
import { withoutDockerHub } from "../services/dockerHub.mjs";
import { whatAnswers } from "../services/registryApi.mjs";
import { runningAs } from "../services/service.mjs";
import { within } from "../services/within.mjs";
import { atomically, SetupError } from "../step.mjs";
import { registry as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";

/** @typedef {import("../step.mjs").Context} Context */

const name = "docker-registry";
const container = "retrofit-registry";
const startPatience = 15_000;
const stopping = { patience: 15_000, kill: true };

/** Keeps images on this machine. @type {import("../step.mjs").Step} */
export const registry = {
  name: "registry",
  title: "Registry on this machine",
  slow: "a download of 5 MB",
  async missing({ env }) {
    const address = registryAddress(env);
    return (await isRegistry(address)) ? undefined : `no registry answers at ${address}`;
  },
  async install(context) {
    const address = registryAddress(context.env);
    const found = await whatAnswers(address);
    if (!isLocal(address))
      throw new SetupError(
        `RETROFIT_REGISTRY=${address} is ${found.kind === "other" ? found.what : "not reached"}`,
        "Start a registry without a password there, or unset RETROFIT_REGISTRY to have one started here",
      );
    if (found.kind === "other")
      throw new SetupError(
        `${address} is taken: what answers there is ${found.what}`,
        "End that program, or name another address: RETROFIT_REGISTRY=127.0.0.1:5051, and the same as retrofit:registry of the stack",
      );
    if (await withoutDockerHub(context)) await startProcess(context, address);
    else await startContainer(context, address);
  },
};

/** @type {import("../services/service.mjs").Service} */
export const registryService = {
  step: registry,
  async state(context) {
    const address = registryAddress(context.env);
    const [pid, state, found] = await Promise.all([
      daemonProcess(context.cache, name),
      containerState(context, container),
      whatAnswers(address),
    ]);
    const running = state === "running" ? container : undefined;
    return {
      ...runningAs(context.cache, name, pid, running, found.kind === "registry"),
      address,
      folders: [storage(context.cache)],
    };
  },
  async stop(context) {
    const process = await stopDaemon(context.cache, name, stopping);
    return (await removeContainer(context, container)) || process;
  },
};

/** Host and port of the registry that images are pushed to. @param {NodeJS.ProcessEnv} env */
export function registryAddress(env) {
  return env.RETROFIT_REGISTRY || "127.0.0.1:5050";
}

/** @param {string} cache */
function storage(cache) {
  return join(cache, "registry");
}

/** @param {string} address */
export function isLocal(address) {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(address);
}

/** The official image. @param {Context} context @param {string} address */
async function startContainer(context, address) {
  await mkdir(storage(context.cache), { recursive: true });
  await runContainer(context, {
    name: container,
    image: `registry:${pinned.version}`,
    options: [
      ...["--publish", `${address}:5000`],
      ...["--volume", `${storage(context.cache)}:/var/lib/registry`],
      ...["--env", "REGISTRY_STORAGE_DELETE_ENABLED=true"],
    ],
    args: [],
  });
  if (!(await within(startPatience, () => isRegistry(address))))
    throw new SetupError(`The registry does not answer at ${address}`, `See: docker logs ${container}`);
}

/** @param {string} address */
async function isRegistry(address) {
  return (await whatAnswers(address)).kind === "registry";
}

/** Debian's package, unpacked but not installed: it is no service of the system. @param {Context} context @param {string} address */
async function startProcess(context, address) {
  const folder = toolFolder(context.cache, name, pinned.series);
  const command = join(folder, "usr", "bin", name);
  if (!existsSync(command)) await atomically(folder, (partial) => aptDownload(context, name, partial));
  const file = join(context.cache, "run", `${name}.yml`);
  await mkdir(storage(context.cache), { recursive: true });
  await atomically(file, (partial) => writeFile(partial, registryConfig(address, storage(context.cache))));
  const daemon = { name, command, args: ["serve", file], env: context.env };
  await startDaemon(context.cache, daemon, () => isRegistry(address), startPatience);
  context.say(`      at ${address}; its log: ${logOf(context.cache, name)}`);
}

/** @param {string} address @param {string} folder */
export function registryConfig(address, folder) {
  return [
    "version: 0.1",
    "log: { level: warn, accesslog: { disabled: true } }",
    "storage:",
    `  filesystem: { rootdirectory: ${JSON.stringify(folder)} }`,
    "  delete: { enabled: true }",
    "  cache: { blobdescriptor: inmemory }",
    `http: { addr: ${JSON.stringify(address)} }`,
    "",
  ].join("\n");
}
