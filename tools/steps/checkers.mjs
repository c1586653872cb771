// @ts-check
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
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
const documentRequirements = join(root, "tools", "checkers", "documents.txt");

/** Where Google's wheel, and so the folder of the checkers, has its discovery documents. */
const documents = "googleapiclient/discovery_cache/documents";

/** The APIs behind the resources of the GCP target. */
const googleApis = [
  "artifactregistry.v1",
  "cloudresourcemanager.v1",
  "compute.v1",
  "iam.v1",
  "secretmanager.v1",
  "serviceusage.v1",
  "storage.v1",
];

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
  const hash = createHash("sha256");
  for (const file of [buildRequirements, requirements, documentRequirements]) hash.update(readFileSync(file));
  hash.update(googleApis.join()).update(pinned.actionlint.version);
  return toolFolder(cache, "checkers", hash.digest("hex").slice(0, 12));
}

/** Google's description of an API. @param {string} folder of the checkers @param {string} api such as `compute.v1` @returns {string} */
export function discoveryDocument(folder, api) {
  return join(folder, documents, `${api}.json`);
}

/** What checks Dockerfiles, nginx's configurations, TLS, workflows, task definitions and requests to Google in the tests. @type {import("../step.mjs").Step} */
export const checkers = {
  name: "checkers",
  title: "hadolint, gixy, sslyze, zizmor, actionlint, moto and Google's discovery documents, for the tests",
  slow: "Python packages, a download of 95 MB, and a Go module to compile, about 2 min",
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
    await pip(context, folder, "install", "--only-binary", ":all:", "--requirement", buildRequirements);
    const fromSource = ["--no-binary", "sslyze", "--no-build-isolation"];
    await pip(context, folder, "install", "--only-binary", ":all:", ...fromSource, "--requirement", requirements);
    await unpackDocuments(context, folder);
    await goBuild(context, actionlint, join(folder, "bin", "actionlint"));
    for (const name of ["hadolint", "gixy", "sslyze", "shellcheck", "zizmor", "actionlint"])
      await context.run(join(folder, "bin", name), ["--help"]);
    await context.run(join(folder, "bin", "python3"), ["-c", "import botocore, moto"]);
    await writeFile(stampFile(folder), await pythonBehind(folder));
  },
};

/** Of the wheel's hundreds of documents, only those in use. @param {Context} context @param {string} folder */
async function unpackDocuments(context, folder) {
  const download = join(folder, "download");
  await pip(
    context,
    folder,
    "download",
    "--dest",
    download,
    "--only-binary",
    ":all:",
    "--requirement",
    documentRequirements,
  );
  const [wheel = ""] = await readdir(download);
  const unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])";
  const members = googleApis.map((api) => `${documents}/${api}.json`);
  await context.run(join(folder, "bin", "python3"), ["-c", unpack, join(download, wheel), folder, ...members]);
  await rm(download, { recursive: true });
}

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

/** @param {Context} context @param {string} folder @param {"install" | "download"} command @param {readonly string[]} args */
async function pip(context, folder, command, ...args) {
  const all = [command, "--no-input", "--progress-bar", "off", "--no-deps", "--require-hashes", ...args];
  await context.run(join(folder, "bin", "python3"), ["-m", "pip", "--disable-pip-version-check", ...all]);
}
