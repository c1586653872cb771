// @ts-check
import { placeholder } from "./state.mjs";

/** Variables that open a cloud, a state or a repository. */
const credentials =
  /^((AWS|GOOGLE|GCLOUD|CLOUDSDK)_(?!\w*(PROJECT|REGION|ZONE)$)|ACTIONS_|GITHUB_TOKEN$|GH_TOKEN$|PULUMI_(ACCESS|BACKEND|CONFIG|STACK))/;

/**
 * An environment without anybody's credentials. Google's provider has no preview without any, but only reads them when it is
 * configured, as long as nothing is looked up or refreshed: any will do (measured with the plugin 9.35).
 * @param {NodeJS.ProcessEnv} env
 */
export function environmentWithout(env) {
  const rest = Object.entries(env).filter(([name]) => !credentials.test(name));
  return { ...Object.fromEntries(rest), GOOGLE_OAUTH_ACCESS_TOKEN: placeholder };
}

/**
 * The file of a stack for a preview without credentials, and the paths of the secrets that are missing in it.
 * @param {any} file What a stack file holds.
 * @returns {{ file: { config: Record<string, unknown> }, secrets: string[] }}
 */
export function configurationWithout(file) {
  /** @type {string[]} */
  const secrets = [];
  const config = withoutSecure(file?.config ?? {}, [], secrets);
  return { file: { config }, secrets };
}

/** @param {any} value @param {readonly (string | number)[]} path @param {string[]} secrets @returns {any} */
function withoutSecure(value, path, secrets) {
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.secure === "string" && Object.keys(value).length === 1) {
    secrets.push(pathOf(path));
    return undefined;
  }
  // A hole in a list is filled when the secret is set: the places of the others must stay.
  if (Array.isArray(value)) return value.map((each, index) => withoutSecure(each, [...path, index], secrets) ?? null);
  const entries = Object.entries(value).map(([key, each]) => [key, withoutSecure(each, [...path, key], secrets)]);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/** As `pulumi config set --path` reads it: `retrofit:secrets["DB.PASS"][0]`. @param {readonly (string | number)[]} path */
function pathOf([key, ...rest]) {
  return `${key}${rest.map((step) => `[${JSON.stringify(step)}]`).join("")}`;
}
