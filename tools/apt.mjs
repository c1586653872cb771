// @ts-check
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
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  /** @param {readonly string[]} words */
  const run = (words) => {
    const [command, ...args] = [...prefix, ...words];
    return context.run(/** @type {string} */ (command), args, { env });
  };
  await run(["dpkg", "--configure", "-a", "--force-confold"]);
  if (!updated.has(context)) {
    await run([...apt, "update"]);
    updated.add(context);
  }
  await run([...apt, "install", "--no-install-recommends", ...packages]);
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
