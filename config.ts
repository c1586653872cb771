import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { localRegistryHost } from "./components/registries/location.ts";
import type { Extension } from "./compose/model.ts";
import { type AwsConfig, readAws } from "./config/aws.ts";
import { type DockerConfig, readDocker } from "./config/docker.ts";
import { type GcpConfig, readGcp } from "./config/gcp.ts";
import { ConfigReader } from "./config/reader.ts";
import { type RegistryConfig, readRegistry } from "./config/registry.ts";
import { withSecretVariables } from "./config/secretVariables.ts";
import { appPath } from "./config/stackFile.ts";
import { cacheFolder } from "./tools/context.mjs";
import { standInsInUse } from "./tools/images/stamp.mjs";
import { UserError } from "./userError.ts";

export const targets = ["docker", "gcp", "aws"] as const;
export type Target = (typeof targets)[number];

/** What every target is configured by. Keys, defaults and meaning are declared in Pulumi.yaml. */
export interface CommonConfig {
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
  readonly registry: RegistryConfig;
  /** Name of the buildx builder, or undefined for Docker's current one. */
  readonly builder?: string;
  /** Image references to deploy instead of building, by service. */
  readonly images: Readonly<Record<string, string>>;
  /** Id of an earlier release to deploy instead of building. */
  readonly release?: string;
  /** Seconds, or undefined for the target's own. */
  readonly timeout?: number;
  /** Counted up to have a release that failed tried again unchanged. */
  readonly attempt: number;
  /** Delete what buckets and disks hold at destroy. */
  readonly destroyContent: boolean;
  /** The stack is for the embedded cloud. */
  readonly embedded: boolean;
  /** Address of the registry that has the images of the embedded cloud's registries. */
  readonly mirror?: string;
  /** Names of official images under which this machine has stand-ins, as the set-up made them. */
  readonly standIns: readonly string[];
  /** The stack's configuration file, as messages name it. */
  readonly file: string;
}

/** The stack's configuration, typed and sound. */
export type Config = CommonConfig &
  (
    | { readonly target: "docker"; readonly docker: DockerConfig }
    | { readonly target: "gcp"; readonly gcp: GcpConfig }
    | { readonly target: "aws"; readonly aws: AwsConfig }
  );

/** Read and check the whole configuration. @throws UserError with all that is wrong with it. */
export function readConfig(root: string): Config {
  const reader = new ConfigReader();
  const target = reader.text("target") ?? "docker";
  if (!targets.includes(target as Target)) {
    reader.wrong("target", `"${target}" is not a target`, `Give one of: ${targets.join(", ")}`);
  }
  const common = readCommon(reader, root);
  const config = { ...common, ...readTarget(reader, target) };
  if (reader.problems.length > 0) throw new UserError(reader.problems);
  return config;
}

function readTarget(reader: ConfigReader, target: string) {
  if (target === "gcp") return { target, gcp: readGcp(reader) } as const;
  if (target === "aws") return { target, aws: readAws(reader) } as const;
  return { target: "docker", docker: readDocker(reader) } as const;
}

function readCommon(reader: ConfigReader, root: string): CommonConfig {
  const environment = reader.textRecord("environment");
  const secrets = reader.textRecord("secrets");
  const environmentIsSecret = reader.isSecret("environment");
  for (const variable of Object.keys(environment).filter((each) => each in secrets)) {
    reader.wrong(`environment.${variable}`, "the variable is also under retrofit:secrets", "Keep one of the two");
  }
  const environmentFiles = reader.textList("environmentFiles").map((path) => resolve(root, path));
  for (const path of environmentFiles.filter((each) => !existsSync(each))) {
    reader.wrong("environmentFiles", `there is no ${path}`, "Give paths of files, from the program's folder");
  }
  const services = reader.record("services");
  const images = reader.textRecord("images");
  const release = reader.text("release");
  if (release !== undefined && Object.keys(images).length > 0) {
    reader.wrong("release", "retrofit:images names images too", "Keep one of the two");
  }
  const embedded = reader.flag("embedded");
  if (embedded && (reader.text("target") ?? "docker") === "docker") {
    reader.wrong("embedded", "the docker target is this machine's engine and no cloud", "Remove the key");
  }
  return {
    app: readAppPath(reader, root),
    environment: environmentIsSecret ? {} : environment,
    environmentFiles,
    profiles: reader.textList("profiles"),
    secretNames: [...Object.keys(secrets), ...(environmentIsSecret ? Object.keys(environment) : [])],
    secrets: pulumi.secret(environmentIsSecret ? { ...environment, ...secrets } : secrets),
    extension: {
      services: reader.isSecret("services") ? withSecretVariables(services) : services,
      volumes: reader.record("volumes"),
      expose: reader.portList("expose"),
    } as Extension,
    registry: readRegistry(reader),
    builder: reader.text("builder"),
    images,
    release,
    timeout: reader.wholeNumber("timeout", "seconds", 0, 0) || undefined,
    attempt: reader.wholeNumber("attempt", "attempts", 1),
    destroyContent: reader.flag("destroyContent"),
    embedded,
    mirror: embedded ? process.env.RETROFIT_REGISTRY || localRegistryHost : undefined,
    standIns: standInsHere(process.env),
    file: reader.file,
  };
}

/** By plain `pulumi` nobody has told. */
function standInsHere(env: NodeJS.ProcessEnv): readonly string[] {
  const told = env.RETROFIT_STAND_INS?.split(",").filter((name) => name !== "");
  return told ?? standInsInUse(cacheFolder(env));
}

function readAppPath(reader: ConfigReader, root: string): string {
  const name = reader.text("app");
  const mend = "Give a folder under docker/, or the path of a folder or compose file";
  if (name === undefined) {
    reader.wrong("app", "no app is named", mend);
    return "";
  }
  const path = appPath(root, name);
  if (path === undefined) reader.wrong("app", `there is no "${name}"`, mend);
  return path ?? "";
}
