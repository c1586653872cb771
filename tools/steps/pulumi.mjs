// @ts-check
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unpack } from "../download.mjs";
import { eitherWay } from "../downloads.mjs";
import { goBuild } from "../go.mjs";
import { addToPath, atLeast, SetupError, which } from "../step.mjs";
import { languageHost, pulumi as pinned } from "../versions.mjs";
import { toolFolder } from "./folders.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** The CLI and, beside it as it expects, its Node.js language host. @type {import("../step.mjs").Step} */
export const pulumi = {
  name: "pulumi",
  title: `Pulumi CLI ${pinned.version} and its Node.js language host`,
  slow: "a download of 130 MB, or compiled from their Go modules, about 6 min",
  async missing(context) {
    const folder = ownFolder(context);
    if (existsSync(join(folder, "pulumi")) && existsSync(join(folder, "pulumi-language-nodejs"))) {
      addToPath(context.env, folder);
      return undefined;
    }
    if (await usersOwn(context)) return undefined;
    return `no Pulumi of at least ${pinned.oldest} with its Node.js language host`;
  },
  async install(context) {
    const folder = ownFolder(context);
    await eitherWay(
      context,
      () => official(context, folder),
      () => compiled(context, folder),
    );
    const found = await version(context, join(folder, "pulumi"));
    if (found !== pinned.version)
      throw new SetupError(`${join(folder, "pulumi")} says it is ${found}`, `Remove ${folder} and run again`);
    addToPath(context.env, folder);
  },
};

/** @param {Context} context */
function ownFolder(context) {
  return toolFolder(context.cache, "pulumi", pinned.version);
}

/** A Pulumi on the PATH that is not this project's and does. @param {Context} context */
async function usersOwn(context) {
  const path = await which(context.env, "pulumi");
  if (!path || dirname(path) === ownFolder(context)) return undefined;
  const host =
    existsSync(join(dirname(await realpath(path)), "pulumi-language-nodejs")) ||
    (await which(context.env, "pulumi-language-nodejs"));
  return host && atLeast(await version(context, path), pinned.oldest) ? path : undefined;
}

/** @param {Context} context @param {string} path */
async function version(context, path) {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  return (await context.run(path, ["version"], { quiet: true, env }).catch(() => "")).trim().replace(/^v/, "");
}

/** @param {Context} context @param {string} folder */
async function official(context, folder) {
  const machine = process.arch === "arm64" ? "arm64" : "x64";
  const base = `https://get.pulumi.com/releases/sdk/pulumi`;
  await unpack(context, {
    url: `${base}-v${pinned.version}-linux-${machine}.tar.gz`,
    checksums: `${base}-${pinned.version}-checksums.txt`,
    folder,
    strip: 1,
  });
}

/** @param {Context} context @param {string} folder */
async function compiled(context, folder) {
  const target = join(folder, "pulumi-language-nodejs");
  if (!existsSync(target))
    await goBuild(
      context,
      {
        module: "github.com/pulumi/pulumi/sdk/v3",
        version: languageHost.version,
        package: "nodejs/cmd/pulumi-language-nodejs",
      },
      target,
    );
  await goBuild(
    context,
    {
      module: "github.com/pulumi/pulumi/pkg/v3",
      version: pinned.version,
      package: "cmd/pulumi",
      ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${pinned.version}`,
    },
    join(folder, "pulumi"),
  );
}
