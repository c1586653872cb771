// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pluginInstalled } from "./steps/plugins.mjs";
import { cloudPlugins, dockerPlugin } from "./versions.mjs";

/**
 * Which clouds a command of the CLI is given in embedded form.
 * @typedef {object} Stack
 * @property {string} [target]
 * @property {boolean} embedded
 * @property {string} [account] Of AWS.
 */

/** Names of the CLI's preview. */
export const previews = new Set(["preview", "pre"]);

/**
 * The embedded clouds for a command: that of a stack which says it belongs there; and, where the real plugin is not
 * installed, for a preview of any other, which makes nothing. Nothing else may meet the embedded cloud: a real stack's
 * resources are unknown to it, and a refresh or destroy would count them as gone.
 * @param {Stack} stack @param {string | undefined} command @param {NodeJS.ProcessEnv} env @returns {string[]}
 */
export function embeddedClouds({ target, embedded }, command, env) {
  if (target !== "gcp" && target !== "aws") return [];
  if (embedded) return [target];
  const borrowed =
    command !== undefined && previews.has(command) && !pluginInstalled(env, target, cloudPlugins[target]);
  return borrowed ? [target] : [];
}

/**
 * The provider of a real stack that a command would not find: it is not installed, and the CLI is not to fetch any, as while one of
 * this project's own stands in for docker's.
 * @param {Stack} stack @param {string | undefined} command @param {NodeJS.ProcessEnv} env @returns {string | undefined}
 */
export function missingProvider({ target, embedded }, command, env) {
  if ((target !== "gcp" && target !== "aws") || embedded) return undefined;
  if (command !== undefined && previews.has(command)) return undefined;
  const fetches =
    env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION !== "true" && pluginInstalled(env, "docker", dockerPlugin.version);
  const version = cloudPlugins[target];
  return fetches || pluginInstalled(env, target, version) ? undefined : `${target} ${version}`;
}

/**
 * What the file of a stack says.
 * @param {string} root @param {string} file @returns {Promise<Stack>}
 */
export async function readStack(root, file) {
  const path = resolve(root, file);
  if (!existsSync(path)) return { embedded: false };
  const { parse } = await import("yaml");
  /** @type {{ config?: Record<string, unknown> | null } | null} */
  const content = parse(readFileSync(path, "utf8"));
  const config = content?.config ?? {};
  const target = config["retrofit:target"];
  const accounts = config["aws:allowedAccountIds"];
  return {
    ...(typeof target === "string" ? { target } : {}),
    ...(Array.isArray(accounts) && accounts.length > 0 ? { account: String(accounts[0]).padStart(12, "0") } : {}),
    embedded: String(config["retrofit:embedded"]) === "true",
  };
}

/** The configuration file of a stack, by its name or by `organization/project/name`. @param {string} stack */
export function stackFile(stack) {
  return `Pulumi.${stack.split("/").at(-1)}.yaml`;
}

/** What deploys a stack. @param {string} stack */
export function startCommand(stack) {
  return stack === "dev" ? "npm start" : `npm start -- --stack ${stack}`;
}

/** The value of an option on a command line. @param {readonly string[]} args @param {readonly string[]} names */
export function option(args, names) {
  for (const [index, word] of args.entries()) {
    if (names.includes(word)) return args[index + 1];
    const name = names.find((each) => each.startsWith("--") && word.startsWith(`${each}=`));
    if (name !== undefined) return word.slice(name.length + 1);
  }
  return undefined;
}
