// @ts-check
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { aptInstall } from "../apt.mjs";
import { daemonProcess, logOf, startDaemon, stopDaemon } from "../services/daemon.mjs";
import { withoutDockerHub } from "../services/dockerHub.mjs";
import {
  checkHost,
  dropStalePidFile,
  engineConfig,
  hasSystemd,
  iptablesFolder,
  systemConfig,
} from "../services/engineHost.mjs";
import { runningAs } from "../services/service.mjs";
import { addToPath, atomically, SetupError, which } from "../step.mjs";
import { registryAddress } from "./registry.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Name of the process that is started by hand. */
const name = "dockerd";

/** Milliseconds within which a started engine answers, and within which it ends its containers and itself. */
const startPatience = 90_000;
const stopping = { patience: 120_000, kill: false };

/** Runs containers. Any engine that answers is used as it is. @type {import("../step.mjs").Step} */
export const engine = {
  name: "engine",
  title: "Docker engine",
  slow: "a download of 70 MB where Docker is not installed",
  async missing(context) {
    return (await answers(context)) ? undefined : "no engine answers";
  },
  async install(context) {
    await refuseOthers(context);
    if (!(await which(context.env, name)) || !(await which(context.env, "docker"))) await installDocker(context);
    if (await answers(context)) return;
    if (hasSystemd()) await startBySystemd(context);
    else await startByHand(context);
  },
};

/** @type {import("../services/service.mjs").Service} */
export const engineService = {
  step: engine,
  async state(context) {
    const [pid, alive] = await Promise.all([daemonProcess(context.cache, name), answers(context)]);
    const root = alive ? await context.run("docker", ["info", "--format", "{{.DockerRootDir}}"], { quiet: true }) : "";
    return {
      ...runningAs(context.cache, name, pid, undefined, alive),
      address: context.env.DOCKER_HOST ?? "/var/run/docker.sock",
      folders: [root.trim()].filter(Boolean),
    };
  },
  stop: (context) => stopDaemon(context.cache, name, stopping),
};

/** @param {Context} context */
async function answers(context) {
  const version = await context
    .run("docker", ["version", "--format", "{{.Server.Version}}"], { quiet: true, timeout: 20_000 })
    .catch(() => "");
  return version.trim() !== "";
}

/** An engine that the user has chosen is the user's to start. @param {Context} context */
async function refuseOthers(context) {
  const { DOCKER_HOST: host, DOCKER_CONTEXT } = context.env;
  if (host && host !== "unix:///var/run/docker.sock")
    throw new SetupError(`The Docker engine at DOCKER_HOST=${host} does not answer`, "Start it, or unset DOCKER_HOST");
  if (!(await which(context.env, "docker"))) return;
  const chosen =
    DOCKER_CONTEXT ?? (await context.run("docker", ["context", "show"], { quiet: true }).catch(() => "default")).trim();
  if (chosen !== "default" && chosen !== "")
    throw new SetupError(
      `The Docker engine of the context ${chosen} does not answer`,
      "Start it, or run: docker context use default",
    );
  const reason = await context.run("docker", ["info"], { quiet: true }).then(
    () => "",
    (/** @type {Error} */ error) => error.message,
  );
  if (/permission denied/i.test(reason))
    throw new SetupError(
      "A Docker engine runs, but this user may not use it",
      "Run: sudo usermod -aG docker $USER, log in again, and run again; or run this as root",
    );
}

/** Debian's package, configured before it starts for the first time. @param {Context} context */
async function installDocker(context) {
  if (process.platform !== "linux") return checkHost();
  if (!hasSystemd()) await checkHost();
  const configure = process.getuid?.() === 0 && !existsSync(systemConfig) && !(await which(context.env, name));
  if (configure) {
    const text = await configText(context);
    await mkdir(dirname(systemConfig), { recursive: true });
    await atomically(systemConfig, (partial) => writeFile(partial, text));
  }
  await aptInstall(context, ["docker.io"]);
  if (!(await which(context.env, "docker"))) await aptInstall(context, ["docker-cli"]); // apart since Debian 13
}

/** @param {Context} context */
async function startBySystemd(context) {
  const command = ["systemctl", "start", "docker"];
  if (process.getuid?.() !== 0) command.unshift("sudo", "-n");
  const [program = "", ...args] = command;
  await context.run(program, args).catch((error) => {
    throw new SetupError(
      `Docker does not start: ${error.message}`,
      "See `journalctl -u docker`, mend it and run again",
    );
  });
}

/** @param {Context} context */
async function startByHand(context) {
  await checkHost();
  await dropStalePidFile();
  const args = [];
  // A machine's own configuration is used as it is.
  if (!existsSync(systemConfig)) {
    const file = join(context.cache, "run", `${name}.config.json`);
    const text = await configText(context);
    await atomically(file, (partial) => writeFile(partial, text));
    args.push("--config-file", file);
  }
  const env = { ...context.env };
  const iptables = await iptablesFolder(context);
  if (iptables) addToPath(env, iptables);
  const command = (await which(env, name)) ?? name;
  context.say(`      started by hand, as there is no systemd; its log: ${logOf(context.cache, name)}`);
  await startDaemon(context.cache, { name, command, args, env }, () => answers(context), startPatience);
}

/** @param {Context} context */
async function configText(context) {
  const mirror = (await withoutDockerHub(context)) ? registryAddress(context.env) : undefined;
  return `${JSON.stringify(engineConfig(mirror), undefined, 2)}\n`;
}

/** Whether images of Docker Hub reach the engine by the local registry. @param {Context} context */
export async function mirrorsHub(context) {
  const format = "{{json .RegistryConfig.Mirrors}}";
  const mirrors = await context.run("docker", ["info", "--format", format], { quiet: true });
  return mirrors.includes(`"http://${registryAddress(context.env)}/"`);
}
