// @ts-check
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptInstall } from "../apt.mjs";
import { root } from "../context.mjs";
import { goBuild } from "../go.mjs";
import { atLeast, SetupError, which } from "../step.mjs";
import { checkers as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";

/** @typedef {import("../step.mjs").Context} Context */

const requirements = join(root, "tools", "checkers", "requirements.txt");
const buildRequirements = join(root, "tools", "checkers", "build.txt");

/** @type {import("../go.mjs").GoProgram} */
const actionlint = {
  module: "github.com/rhysd/actionlint",
  version: pinned.actionlint.version,
  package: "cmd/actionlint",
};

/** Debian's own Python, for which its packages are. */
const systemPython = "/usr/bin/python3";

/** The checkers, by what is pinned: programs in `bin/` of a virtual environment. @param {string} cache @returns {string} */
export function checkersFolder(cache) {
  const hash = createHash("sha256").update(readFileSync(buildRequirements)).update(readFileSync(requirements));
  hash.update(pinned.actionlint.version);
  return toolFolder(cache, "checkers", hash.digest("hex").slice(0, 12));
}

/** What checks Dockerfiles, nginx's configurations, TLS, workflows and task definitions in the tests. @type {import("../step.mjs").Step} */
export const checkers = {
  name: "checkers",
  title: "hadolint, gixy, sslyze, zizmor, actionlint and moto, for the tests",
  slow: "Python packages, a download of 75 MB, and a Go module to compile, about 2 min",
  async missing({ cache }) {
    const folder = checkersFolder(cache);
    const known = await readFile(stampFile(folder), "utf8").catch(() => undefined);
    if (known === undefined) return "not installed";
    return (await pythonBehind(folder)) === known ? undefined : "installed for a Python that is gone";
  },
  async install(context) {
    const folder = checkersFolder(context.cache);
    const python = await pythonFor(context);
    // In its place from the start, as the programs of a virtual environment name it: whole is what has a stamp.
    await rm(folder, { recursive: true, force: true });
    await context.run(python, ["-m", "venv", folder]);
    await pip(context, folder, "--only-binary", ":all:", "--requirement", buildRequirements);
    const fromSource = ["--no-binary", "sslyze", "--no-build-isolation"];
    await pip(context, folder, "--only-binary", ":all:", ...fromSource, "--requirement", requirements);
    await goBuild(context, actionlint, join(folder, "bin", "actionlint"));
    for (const name of ["hadolint", "gixy", "sslyze", "shellcheck", "zizmor", "actionlint"])
      await context.run(join(folder, "bin", name), ["--help"]);
    await context.run(join(folder, "bin", "python3"), ["-c", "import botocore, moto"]);
    await writeFile(stampFile(folder), await pythonBehind(folder));
  },
};

/** Holds the path of the Python that it was installed for. @param {string} folder */
function stampFile(folder) {
  return join(folder, "complete");
}

/** Where the links end, `/usr/bin/python3.13`: an upgrade of the system's changes it. @param {string} folder @returns {Promise<string>} */
function pythonBehind(folder) {
  return realpath(join(folder, "bin", "python3")).catch(() => "");
}

/** The user's where it will do, otherwise Debian's. @param {Context} context @returns {Promise<string>} */
async function pythonFor(context) {
  const own = await which(context.env, "python3");
  for (const candidate of [own, systemPython]) if (candidate && (await fits(context, candidate))) return candidate;
  await aptInstall(context, ["python3-venv"]); // brings python3 along
  if (await fits(context, systemPython)) return systemPython;
  throw new SetupError(
    `No Python of at least ${pinned.python.oldest} with its module venv`,
    "Put one first on the PATH, as python3",
  );
}

/** @param {Context} context @param {string} python @returns {Promise<boolean>} */
async function fits(context, python) {
  // Debian keeps ensurepip, which venv needs, in a package of its own.
  const question = "import ensurepip, platform, venv; print(platform.python_version())";
  const version = await context.run(python, ["-c", question], { quiet: true }).catch(() => "");
  return atLeast(version, pinned.python.oldest);
}

/** @param {Context} context @param {string} folder @param {readonly string[]} args */
async function pip(context, folder, ...args) {
  const install = ["install", "--no-input", "--progress-bar", "off", "--no-deps", "--require-hashes"];
  await context.run(join(folder, "bin", "python3"), ["-m", "pip", "--disable-pip-version-check", ...install, ...args]);
}
