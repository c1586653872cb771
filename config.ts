import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseRegistry, type RegistryLocation } from "./components/registries/location.ts";
import type { Login } from "./components/registries/registry.ts";
import type { Extension } from "./compose/model.ts";
import { cli, type Problem, UserError } from "./userError.ts";

export const targets = ["docker"] as const;
export type Target = (typeof targets)[number];

/** The stack's configuration, typed and sound. Keys, defaults and meaning are declared in Pulumi.yaml. */
export interface Config {
  readonly target: Target;
  /** Absolute path of the app's folder or compose file. */
  readonly app: string;
  /** Variables for interpolation that are no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute paths of files of variables, in place of `.env`. */
  readonly environmentFiles: readonly string[];
  readonly profiles: readonly string[];
  /** Names of the variables whose values are secret. */
  readonly secretNames: readonly string[];
  /** Values of the secret variables, by name. */
  readonly secrets: pulumi.Output<Readonly<Record<string, string>>>;
  readonly extension: Extension;
  /** Address on which the docker target publishes ports. */
  readonly bind: string;
  /** Where built images are pushed to. */
  readonly registry: RegistryLocation;
  /** For the registry, where it is not Docker's own login. */
  readonly login?: Login;
  /** Tag of built images beside `latest`, or undefined for one from the digest. */
  readonly tag?: string;
  /** Name of the buildx builder, or undefined for Docker's current one. */
  readonly builder?: string;
  /** Image references to deploy instead of building, by service. */
  readonly images: Readonly<Record<string, string>>;
  readonly keepVolumes: boolean;
  /** Names of official images under which this machine has stand-ins; the set-up tells. */
  readonly standIns: readonly string[];
  /** Address of the Docker engine, or undefined for the one that Docker's command line uses. */
  readonly dockerHost?: string;
  /** Seconds. */
  readonly timeout: number;
}

/** Read and check the whole configuration. @throws UserError with all that is wrong with it. */
export function readConfig(root: string): Config {
  const config = new pulumi.Config();
  const file = `Pulumi.${pulumi.getStack()}.yaml`;
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, mend: string) =>
    problems.push({ where: `${file}: retrofit:${key}`, what, mend });

  const target = config.get("target") ?? "docker";
  if (!targets.includes(target as Target)) {
    wrong("target", `"${target}" is not a target`, `Give one of: ${targets.join(", ")}`);
  }

  const name = config.get("app") ?? "";
  const app = appPath(root, name);
  if (name === "")
    wrong("app", "no app is named", "Give a folder under docker/, or the path of a folder or compose file");
  else if (app === undefined) {
    wrong("app", `there is no "${name}"`, "Give a folder under docker/, or the path of a folder or compose file");
  }

  const environment = texts(record(config, "environment", wrong), "environment", wrong);
  const secrets = texts(record(config, "secrets", wrong), "secrets", wrong);
  const environmentIsSecret = isSecretKey(`${config.name}:environment`);
  for (const variable of Object.keys(environment).filter((each) => each in secrets)) {
    wrong(`environment.${variable}`, "the variable is also under retrofit:secrets", "Keep one of the two");
  }

  const images = texts(record(config, "images", wrong), "images", wrong);
  const bind = config.get("bind") ?? "127.0.0.1";
  if (isIP(bind) === 0)
    wrong("bind", `"${bind}" is not an IP address`, "Give one of this machine's, such as 127.0.0.1 or 0.0.0.0");

  const registry = parseRegistry(config.get("registry") ?? "127.0.0.1:5050");
  if ("what" in registry) wrong("registry", registry.what, registry.mend);
  const login = readLogin(config, wrong);
  const tag = config.get("tag") || undefined;
  if (tag === "latest") wrong("tag", '"latest" moves by itself', "Give one that tells this release from others");
  else if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) {
    wrong("tag", `"${tag}" is not a tag`, "Give up to 128 letters, digits, dots, dashes and underscores");
  }

  const keepVolumes = attempt(() => config.getBoolean("keepVolumes")) ?? false;
  if (typeof keepVolumes !== "boolean") wrong("keepVolumes", "this is neither true nor false", "Give true or false");
  const timeout = attempt(() => config.getNumber("timeout")) ?? 180;
  if (typeof timeout !== "number" || !Number.isInteger(timeout) || timeout < 1) {
    wrong("timeout", `${config.get("timeout")} is not a whole number of seconds above 0`, "Give at least 1");
  }

  const lists = Object.fromEntries(
    ["environmentFiles", "profiles"].map((key): [string, string[]] => {
      const list = attempt(() => config.getObject<unknown>(key)) ?? [];
      if (Array.isArray(list) && list.every((each) => typeof each === "string")) return [key, list];
      wrong(
        key,
        "this is not a list of text",
        `Set one at a time: ${cli} config set --path 'retrofit:${key}[0]' VALUE`,
      );
      return [key, []];
    }),
  );
  const environmentFiles = (lists.environmentFiles as string[]).map((path) => resolve(root, path));
  for (const path of environmentFiles.filter((each) => !existsSync(each))) {
    wrong("environmentFiles", `there is no ${path}`, "Give paths of files, from the program's folder");
  }

  const expose = attempt(() => config.getObject<unknown>("expose")) ?? [];
  if (!Array.isArray(expose) || !expose.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) {
    wrong("expose", "this is not a list of port numbers", "Give numbers from 1 to 65535, such as [8443]");
  }
  const extension = {
    services: record(config, "services", wrong),
    volumes: record(config, "volumes", wrong),
    expose,
  } as Extension;

  if (problems.length > 0) throw new UserError(problems);
  return {
    target: target as Target,
    app: app as string,
    environment: environmentIsSecret ? {} : environment,
    environmentFiles,
    profiles: lists.profiles as string[],
    secretNames: [...Object.keys(secrets), ...(environmentIsSecret ? Object.keys(environment) : [])],
    secrets: pulumi.secret(environmentIsSecret ? { ...environment, ...secrets } : secrets),
    extension,
    bind,
    registry: registry as RegistryLocation,
    login,
    tag,
    builder: config.get("builder") || undefined,
    images,
    keepVolumes: keepVolumes as boolean,
    standIns: (process.env.RETROFIT_STAND_INS ?? "").split(",").filter((name) => name !== ""),
    dockerHost: new pulumi.Config("docker").get("host"),
    timeout: timeout as number,
  };
}

type Wrong = (key: string, what: string, mend: string) => void;

/** A name and a password, both or neither. */
function readLogin(config: pulumi.Config, wrong: Wrong): Login | undefined {
  const username = config.get("registryUsername") ?? "";
  // Read raw, as in record(): only whether it is there.
  const password = pulumi.runtime.getConfig(`${config.name}:registryPassword`) ?? "";
  const command = `${cli} config set --secret retrofit:registryPassword`;
  if (password !== "" && !isSecretKey(`${config.name}:registryPassword`)) {
    wrong("registryPassword", "the password is kept in plain text", `Change it, and set it by: ${command}`);
  }
  if (username !== "" && password === "") wrong("registryPassword", "the user has no password", `Set it: ${command}`);
  if (username === "" && password !== "") {
    wrong("registryUsername", "the password has no user", `Set it: ${cli} config set retrofit:registryUsername USER`);
  }
  return username === "" ? undefined : { username, password: pulumi.secret(password) };
}

function appPath(root: string, name: string): string | undefined {
  return [resolve(root, "docker", name), resolve(root, name)].find((path) => existsSync(path));
}

/** An object of the configuration. Read raw: `getObject` would warn of each secret key, and names are no secrets. */
function record(config: pulumi.Config, key: string, wrong: Wrong): Record<string, unknown> {
  const text = pulumi.runtime.getConfig(`${config.name}:${key}`);
  const value = text === undefined || text === "" ? {} : attempt(() => JSON.parse(text) as unknown);
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error)) {
    return value as Record<string, unknown>;
  }
  wrong(key, "this is not an object", `Set one entry at a time: ${cli} config set --path 'retrofit:${key}.NAME' VALUE`);
  return {};
}

/** Whether any part of a key was set with --secret. The language host hands the names of such keys to the program. */
function isSecretKey(key: string): boolean {
  return (JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as string[]).includes(key);
}

function texts(values: Record<string, unknown>, key: string, wrong: Wrong): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (["string", "number", "boolean"].includes(typeof value)) result[name] = String(value);
    else wrong(`${key}.${name}`, "the value is not text", "Give a string, a number or a boolean");
  }
  return result;
}

function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error as Error;
  }
}
