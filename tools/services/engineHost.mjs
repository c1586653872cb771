// @ts-check
/** What a Docker engine needs of the machine, seen before one is started by hand. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { SetupError, which } from "../step.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Linux capabilities by the number of their bit. */
const needed = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_MKNOD: 27 };

const elsewhere =
  "Run on a machine (or in a container with --privileged) that allows it, or start a Docker engine yourself: whatever answers `docker info` is used";

/** Refuses what would only show as an obscure line in the engine's log. */
export async function checkHost() {
  if (process.platform !== "linux")
    throw new SetupError("No Docker engine answers", "Start Docker Desktop (or another engine) and run again");
  if (process.getuid?.() !== 0)
    throw new SetupError(
      "No Docker engine answers, and starting one needs root",
      "Start Docker (`sudo systemctl start docker`), or run this as root",
    );
  const lacking = lackingCapabilities(await readFile("/proc/self/status", "utf8"));
  if (lacking.length > 0)
    throw new SetupError(`This root may not start a Docker engine: it lacks ${lacking.join(", ")}`, elsewhere);
  if (!/^\S+ \/sys\/fs\/cgroup(\/\S+)? cgroup2? /m.test(await readFile("/proc/self/mounts", "utf8")))
    throw new SetupError(
      "A Docker engine needs control groups, and none are mounted at /sys/fs/cgroup",
      "Run: mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup",
    );
}

/** @param {string} status `/proc/self/status` @returns {string[]} */
export function lackingCapabilities(status) {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return Object.entries(needed)
    .filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
}

/**
 * A folder for the front of the engine's PATH, where its `iptables` must be the legacy one because this kernel lacks the
 * other's; undefined where the usual one works.
 * @param {Context} context @returns {Promise<string | undefined>}
 */
export async function iptablesFolder(context) {
  /** @param {string} command */
  const works = (command) =>
    context.run(command, ["--wait", "-t", "nat", "-L", "-n"], { quiet: true }).then(
      () => "",
      (/** @type {Error} */ error) => error.message,
    );
  const usual = await works("iptables");
  if (usual === "") return undefined;
  if ((await works("iptables-legacy")) !== "")
    throw new SetupError(`A Docker engine needs iptables, which does not work here:\n${usual}`, elsewhere);
  const folder = join(context.cache, "run", "iptables");
  await mkdir(folder, { recursive: true });
  for (const name of ["iptables", "ip6tables"]) {
    const legacy = await which(context.env, `${name}-legacy`);
    await rm(join(folder, name), { force: true });
    if (legacy) await symlink(legacy, join(folder, name));
  }
  return folder;
}

/** A pid file left by an engine that was killed stops the next one where its number is another process's by now. */
export async function dropStalePidFile(file = "/var/run/docker.pid") {
  const pid = (await readFile(file, "utf8").catch(() => "")).trim();
  const program = pid && (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
  if (program !== "dockerd") await rm(file, { force: true });
}

/** Whether systemd is this machine's init. */
export function hasSystemd() {
  return existsSync("/run/systemd/system");
}

/** Where the engine's configuration file belongs. */
export const systemConfig = "/etc/docker/daemon.json";

/**
 * Configuration of an engine that nobody else configures: many more networks than the usual 31 (each compose project has
 * one or more), BuildKit for `docker build` also before Docker 23, and the local registry for images that Docker Hub
 * would have.
 * @param {string | undefined} mirror `127.0.0.1:5050`, undefined where Docker Hub answers.
 */
export function engineConfig(mirror) {
  return {
    "default-address-pools": [{ base: "172.16.0.0/12", size: 24 }],
    features: { buildkit: true },
    ...(mirror ? { "registry-mirrors": [`http://${mirror}`] } : {}),
  };
}
