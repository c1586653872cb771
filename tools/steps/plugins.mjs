// @ts-check
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { eitherWay } from "../downloads.mjs";
import { goBuild } from "../go.mjs";
import { atomically, SetupError } from "../step.mjs";
import { dockerBuildPlugin, dockerPlugin as dockerPinned } from "../versions.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Builds images. @type {import("../step.mjs").Step} */
export const dockerBuild = {
  name: "docker-build",
  title: `Pulumi plugin docker-build ${dockerBuildPlugin.version}`,
  slow: "a download of 40 MB, or compiled from its Go module, about 3 min",
  async missing(context) {
    return pluginInstalled(context.env, "docker-build", dockerBuildPlugin.version) ? undefined : "not installed";
  },
  async install(context) {
    const { version } = dockerBuildPlugin;
    await eitherWay(
      context,
      () => install(context, "docker-build", version),
      () => compileDockerBuild(context),
    );
  },
};

/** Manages containers, networks and volumes. @type {import("../step.mjs").Step} */
export const docker = {
  name: "docker-plugin",
  title: `Pulumi plugin docker ${dockerPinned.version}, or this project's stand-in for it`,
  slow: "a download of 40 MB",
  async missing(context) {
    if (pluginInstalled(context.env, "docker", dockerPinned.version)) return undefined;
    return existsSync(standInMark(context.cache)) && context.env.RETROFIT_DOWNLOADS !== "official"
      ? undefined
      : "not installed";
  },
  async install(context) {
    await eitherWay(
      context,
      async () => {
        await install(context, "docker", dockerPinned.version);
        await rm(standInMark(context.cache), { force: true });
      },
      async () => {
        context.say("      the package registries do not have it: this project's own provider server stands in");
        await mkdir(join(context.cache, "tools"), { recursive: true });
        await writeFile(
          standInMark(context.cache),
          "Remove this file, then: npm run setup -- docker-plugin, to try the download again.\n",
        );
      },
    );
  },
};

/** Whether Pulumi has a resource plugin. @param {NodeJS.ProcessEnv} env @param {string} name @param {string} version */
export function pluginInstalled(env, name, version) {
  const folder = pluginFolder(env, name, version);
  // Pulumi itself leaves a .partial file beside a plugin that it has not finished unpacking.
  return existsSync(join(folder, `pulumi-resource-${name}`)) && !existsSync(`${folder}.partial`);
}

/** @param {NodeJS.ProcessEnv} env @param {string} name @param {string} version */
function pluginFolder(env, name, version) {
  const home = env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
  return join(home, "plugins", `resource-${name}-v${version}`);
}

/** Tells that the plugin could not be had. @param {string} cache */
function standInMark(cache) {
  return join(cache, "tools", `docker-plugin-${dockerPinned.version}.unavailable`);
}

/** @param {Context} context @param {string} name @param {string} version */
async function install(context, name, version) {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  await context.run("pulumi", ["plugin", "install", "resource", name, version], { env });
  if (!pluginInstalled(context.env, name, version))
    throw new SetupError(`pulumi plugin install left no plugin ${name} ${version}`, "Run again");
}

/** @param {Context} context */
async function compileDockerBuild(context) {
  const name = "docker-build";
  const { version } = dockerBuildPlugin;
  await atomically(pluginFolder(context.env, name, version), async (partial) => {
    await mkdir(partial, { recursive: true });
    const program = {
      module: "github.com/pulumi/pulumi-docker-build",
      version,
      package: "provider/cmd/pulumi-resource-docker-build",
      ldflags: `-X github.com/pulumi/pulumi-docker-build/provider.Version=${version}`,
      stubs: codeGenerators,
    };
    await goBuild(context, program, join(partial, `pulumi-resource-${name}`));
  });
}

/**
 * The code generators for C# and Java, of which the plugin names one struct each when asked for its schema, are not served
 * by module proxies.
 */
const codeGenerators = {
  "github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3": {
    codegen: `package codegen

type CSharpPackageInfo struct {
	PackageReferences    map[string]string \`json:"packageReferences,omitempty"\`
	RespectSchemaVersion bool              \`json:"respectSchemaVersion,omitempty"\`
}
`,
  },
  "github.com/pulumi/pulumi-java": {
    "pkg/codegen/java": `package java

type PackageInfo struct {
	BuildFiles                      string            \`json:"buildFiles,omitempty"\`
	Dependencies                    map[string]string \`json:"dependencies,omitempty"\`
	GradleNexusPublishPluginVersion string            \`json:"gradleNexusPublishPluginVersion,omitempty"\`
}
`,
  },
};
