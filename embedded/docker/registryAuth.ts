import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { PlainMap } from "../core/value.ts";
import { dockerHub } from "./imageReference.ts";

/** What the engine is given to pull from a registry. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker's config.json, as far as it is about credentials. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, { auth?: string; username?: string; password?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Under this name Docker's command line keeps Docker Hub's credentials. */
const dockerHubKey = "https://index.docker.io/v1/";

/**
 * Credentials for a registry: those of the provider's `registryAuth` where it names the registry, otherwise those that
 * `docker login` keeps.
 * @param configFile Docker's config.json, or the folder it is in
 * @throws when a file or a credential helper that should have them cannot be used; a missing entry is no error
 */
export function registryCredentials(
  registryAuth: readonly PlainMap[],
  configFile: string,
  environment: Environment,
): (registry: string) => Promise<RegistryCredentials | undefined> {
  return async (registry) => {
    const entry = registryAuth.find(({ address }) => hostOf(address as string) === hostOf(registry));
    if (entry?.authDisabled === true) return undefined;
    const username = (entry?.username as string | undefined) || (entry && environment.DOCKER_REGISTRY_USER);
    if (username) {
      const password = (entry?.password as string | undefined) || environment.DOCKER_REGISTRY_PASS || "";
      return { username, password, serveraddress: registry };
    }
    const content = entry?.configFileContent as string | undefined;
    if (content) return fromConfig(parse(content, "registryAuth.configFileContent"), registry);
    const path = configPath((entry?.configFile as string | undefined) || configFile);
    if (!existsSync(path)) return undefined;
    return fromConfig(parse(readFileSync(path, "utf8"), path), registry);
  };
}

/** With the home folder for `~`, and for a folder the file in it: DOCKER_CONFIG may be either. */
function configPath(path: string): string {
  const full = path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
  return existsSync(full) && statSync(full).isDirectory() ? join(full, "config.json") : full;
}

function parse(text: string, where: string): DockerConfig {
  try {
    return JSON.parse(text) as DockerConfig;
  } catch {
    throw new Error(`${where} is no valid JSON, so no credentials can be read from it`);
  }
}

async function fromConfig(config: DockerConfig, registry: string): Promise<RegistryCredentials | undefined> {
  const keys =
    registry === dockerHub ? [dockerHubKey, dockerHub] : [registry, `https://${registry}`, `http://${registry}`];
  const helper = keys.map((key) => config.credHelpers?.[key]).find(Boolean) ?? config.credsStore;
  if (helper) {
    const answer = await askHelper(helper, keys[0] as string);
    if (answer) return { ...answer, serveraddress: registry };
  }
  const entries = Object.entries(config.auths ?? {});
  const [, entry] = entries.find(([key]) => keys.includes(key) || hostOf(key) === hostOf(registry)) ?? [];
  if (entry === undefined) return undefined;
  if (entry.username) return { username: entry.username, password: entry.password ?? "", serveraddress: registry };
  const [username = "", ...password] = Buffer.from(entry.auth ?? "", "base64")
    .toString("utf8")
    .split(":");
  return username === "" ? undefined : { username, password: password.join(":"), serveraddress: registry };
}

/** The protocol of github.com/docker/docker-credential-helpers: the registry on stdin, JSON on stdout. */
async function askHelper(
  helper: string,
  registry: string,
): Promise<Omit<RegistryCredentials, "serveraddress"> | undefined> {
  const program = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = execFile(program, ["get"], { timeout: 30_000 }, (error, stdout) => {
      if (error && /credentials not found/.test(stdout)) return resolve(undefined);
      if (error) {
        // What a helper prints may hold a secret; only its exit is told.
        const why = "code" in error && error.code === "ENOENT" ? "it is not installed" : `it failed (${error.code})`;
        return reject(new Error(`the credential helper ${program} gives nothing for ${registry}: ${why}`));
      }
      try {
        const { Username, Secret } = JSON.parse(stdout) as { Username: string; Secret: string };
        resolve({ username: Username, password: Secret });
      } catch {
        reject(new Error(`the credential helper ${program} answers no JSON for ${registry}`));
      }
    });
    child.stdin?.on("error", () => undefined).end(registry);
  });
}

/** Host and port of an address that may be a URL; Docker Hub has several. */
function hostOf(address: string): string {
  const host = address.replace(/^https?:\/\//, "").split("/")[0] as string;
  return ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].includes(host) ? dockerHub : host;
}
