// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addToPath, SetupError } from "../step.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** The packages of package-lock.json, among them Node 24 itself. @type {import("../step.mjs").Step} */
export const node = {
  name: "node",
  title: "Node 24 and the npm packages",
  slow: "a download of 150 MB, about 1 min",
  async missing(context) {
    const modules = join(context.root, "node_modules");
    addToPath(context.env, join(modules, ".bin"));
    if (!existsSync(join(modules, nodePackage()))) return `${nodePackage()} is not installed`;
    return difference(
      readLock(join(context.root, "package-lock.json")),
      readLock(join(modules, ".package-lock.json")), // npm writes it last: it is not there after an interrupted run
    );
  },
  async install(context) {
    if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch))
      throw new SetupError(
        `There is no Node 24 for ${process.platform} on ${process.arch} among the packages`,
        "Use Linux on x64 or arm64",
      );
    // No package needs its install script; those of optional native parts want a compiler.
    await context.run("npm", [
      "ci",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--include=dev",
      "--include=optional",
      "--loglevel=http",
    ]);
    const version = (await context.run("node", ["--version"])).trim();
    if (!version.startsWith("v24."))
      throw new SetupError(`node_modules/.bin/node says it is ${version}`, "Remove node_modules and run again");
  },
};

function nodePackage() {
  return `node-linux-${process.arch}`;
}

/**
 * An entry of a package-lock.json's `packages`.
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} Entry
 */

/** @param {string} file @returns {Record<string, Entry> | undefined} */
function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * The first difference between what is locked and what is installed.
 * @param {Record<string, Entry> | undefined} locked @param {Record<string, Entry> | undefined} installed
 * @returns {string | undefined}
 */
export function difference(locked, installed) {
  if (!installed) return "node_modules is not complete";
  for (const [path, entry] of Object.entries(locked ?? {})) {
    if (path === "" || entry.link) continue;
    const present = installed[path];
    if (!present && entry.optional) continue; // of another platform
    if (!present) return `${path} is not installed`;
    if (present.version !== entry.version) return `${path} is ${present.version}, not ${entry.version}`;
    if (present.integrity !== entry.integrity) return `${path} holds other content than package-lock.json says`;
  }
  return undefined;
}
