// @ts-check
import { placeholder } from "./state.mjs";

/**
 * Neither cloud's provider has a preview without credentials. Both only read them when they are configured, as long as nothing is
 * looked up or refreshed: any will do (measured with the gcp plugin 9.35).
 * @type {Readonly<Record<string, { env?: NodeJS.ProcessEnv, config?: Record<string, string> }>>}
 */
const clouds = {
  gcp: { env: { GOOGLE_OAUTH_ACCESS_TOKEN: placeholder } },
  aws: {
    env: {
      AWS_ACCESS_KEY_ID: "AKIAPLACEHOLDER00000",
      AWS_SECRET_ACCESS_KEY: placeholder,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    config: {
      "aws:skipCredentialsValidation": "true",
      "aws:skipMetadataApiCheck": "true",
      "aws:skipRegionValidation": "true",
      "aws:skipRequestingAccountId": "true",
    },
  },
};

/** Variables that open a cloud, a state or a repository. */
const credentials =
  /^((AWS|GOOGLE|GCLOUD|CLOUDSDK)_(?!\w*(PROJECT|REGION|ZONE)$)|ACTIONS_|GITHUB_TOKEN$|GH_TOKEN$|PULUMI_(ACCESS|BACKEND|CONFIG|STACK))/;

/** An environment without anybody's credentials, and with placeholders for those of a target. @param {NodeJS.ProcessEnv} env @param {string} target */
export function environmentWithout(env, target) {
  const rest = Object.entries(env).filter(([name]) => !credentials.test(name));
  return { ...Object.fromEntries(rest), ...clouds[target]?.env };
}

/**
 * The file of a stack for a preview without credentials, and the paths of the secrets that are missing in it.
 * @param {any} file What a stack file holds. @param {string} target
 * @returns {{ file: { config: Record<string, unknown> }, secrets: string[] }}
 */
export function configurationWithout(file, target) {
  /** @type {string[]} */
  const secrets = [];
  const config = withoutSecure(file?.config ?? {}, [], secrets);
  return { file: { config: { ...clouds[target]?.config, ...config } }, secrets };
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
