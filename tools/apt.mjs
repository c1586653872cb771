// @ts-check
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SetupError, which } from "./step.mjs";

/** @typedef {import("./step.mjs").Context} Context */

/** Contexts whose package lists are fresh. @type {WeakSet<Context>} */
const updated = new WeakSet();

/**
 * Installs Debian packages without their recommendations. Mends a dpkg that was interrupted, waits for another apt.
 * @param {Context} context @param {readonly string[]} packages
 */
export async function aptInstall(context, packages) {
  const prefix = await privilege(context, packages);
  const apt = ["apt-get", "-y", "-o", "DPkg::Lock::Timeout=300"];
  await run(context, [...prefix, "dpkg", "--configure", "-a", "--force-confold"]);
  await update(context, [...prefix, ...apt]);
  await run(context, [...prefix, ...apt, "install", "--no-install-recommends", ...packages]);
}

/**
 * Unpacks a Debian package without installing it: nothing of it is started or configured.
 * @param {Context} context @param {string} name @param {string} folder Made.
 */
export async function aptDownload(context, name, folder) {
  if (!(await which(context.env, "apt-get"))) await privilege(context, [name]); // says so
  const packages = `${folder}.packages`;
  await mkdir(packages, { recursive: true });
  try {
    const download = () => context.run("apt-get", ["download", name], { cwd: packages });
    // A fresh machine has no package lists, an old one has those of a version that is gone.
    await download().catch(async () => {
      await update(context, [...(await privilege(context, [name])), "apt-get"]);
      await download();
    });
    for (const file of await readdir(packages)) await context.run("dpkg", ["-x", join(packages, file), folder]);
  } finally {
    await rm(packages, { recursive: true, force: true });
  }
}

/** Refreshes the package lists, once a run. @param {Context} context @param {readonly string[]} apt The command. */
async function update(context, apt) {
  if (updated.has(context)) return;
  await run(context, [...apt, "update"]);
  updated.add(context);
}

/** @param {Context} context @param {readonly string[]} words */
function run(context, [command = "", ...args]) {
  return context.run(command, args, { env: { DEBIAN_FRONTEND: "noninteractive" } });
}

/** @param {Context} context @param {readonly string[]} packages @returns {Promise<string[]>} */
async function privilege(context, packages) {
  if (!(await which(context.env, "apt-get")))
    throw new SetupError(
      `apt-get is not there to install ${packages.join(", ")}`,
      `Install ${packages.join(", ")} with this system's own package manager`,
    );
  if (process.getuid?.() === 0) return [];
  const sudo = await context.run("sudo", ["-n", "true"], { quiet: true }).then(
    () => true,
    () => false,
  );
  if (sudo) return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"];
  throw new SetupError(
    `Installing ${packages.join(", ")} needs root, and sudo asks for a password`,
    `Run: sudo apt-get install ${packages.join(" ")}`,
  );
}
