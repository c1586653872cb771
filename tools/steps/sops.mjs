// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { downloadExecutable } from "../download.mjs";
import { eitherWay } from "../downloads.mjs";
import { goBuild } from "../go.mjs";
import { addToPath, atLeast, SetupError, which } from "../step.mjs";
import { sops as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Decrypts the encrypted files that a compose file names. @type {import("../step.mjs").Step} */
export const sops = {
  name: "sops",
  title: `sops ${pinned.version}`,
  slow: "a download of 45 MB, or compiled from its Go module, about 2 min",
  async missing(context) {
    const folder = toolFolder(context.cache, "sops", pinned.version);
    if (existsSync(join(folder, "sops"))) {
      addToPath(context.env, folder);
      return undefined;
    }
    const path = await which(context.env, "sops");
    return path && atLeast(await version(context, path), pinned.oldest)
      ? undefined
      : `no sops of at least ${pinned.oldest}`;
  },
  async install(context) {
    const target = join(toolFolder(context.cache, "sops", pinned.version), "sops");
    await eitherWay(
      context,
      () => official(context, target),
      () => {
        const program = { module: "github.com/getsops/sops/v3", version: pinned.version, package: "cmd/sops" };
        return goBuild(context, program, target);
      },
    );
    const found = await version(context, target);
    if (found !== pinned.version)
      throw new SetupError(`${target} says it is ${found}`, `Remove ${target} and run again`);
  },
};

/** @param {Context} context @param {string} path */
async function version(context, path) {
  const output = await context.run(path, ["--version", "--disable-version-check"], { quiet: true }).catch(() => "");
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "";
}

/** @param {Context} context @param {string} target */
async function official(context, target) {
  const release = `https://github.com/getsops/sops/releases/download/v${pinned.version}/sops-v${pinned.version}`;
  const machine = process.arch === "arm64" ? "arm64" : "amd64";
  await downloadExecutable(context, {
    url: `${release}.linux.${machine}`,
    checksums: `${release}.checksums.txt`,
    target,
  });
}
