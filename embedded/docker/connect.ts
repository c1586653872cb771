import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import Docker, { type DockerOptions } from "dockerode";
import type { PlainMap } from "../core/value.ts";
import type { Engine } from "./engine.ts";
import { registryCredentials } from "./registryAuth.ts";

/** What the environment says; a parameter so that tests can say something else. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const defaultHost = "unix:///var/run/docker.sock";

/**
 * The engine that the configuration names: `context` before `host` before DOCKER_HOST, as with the real provider.
 * Nothing is sent to it yet.
 * @throws when there is no such context or the address is of an unknown kind
 */
export function connect(config: PlainMap, environment: Environment = process.env): Engine {
  const folder = configFolder(environment);
  const context = (config.context as string | undefined) ?? environment.DOCKER_CONTEXT;
  const place =
    context !== undefined && context !== "" && context !== "default"
      ? contextEndpoint(context, folder)
      : { host: hostOf(config, environment), tls: tlsMaterial(config, environment) };
  return {
    docker: new Docker(dockerOptions(place.host, place.tls)),
    host: place.host,
    credentials: registryCredentials((config.registryAuth ?? []) as PlainMap[], folder, environment),
  };
}

/** Where Docker's command line keeps its configuration. */
function configFolder(environment: Environment): string {
  const own = environment.DOCKER_CONFIG;
  return own !== undefined && own !== "" ? own : join(environment.HOME ?? homedir(), ".docker");
}

function hostOf(config: PlainMap, environment: Environment): string {
  return (config.host as string | undefined) || environment.DOCKER_HOST || defaultHost;
}

function tlsMaterial(config: PlainMap, environment: Environment): TlsMaterial {
  const path = (config.certPath as string | undefined) || environment.DOCKER_CERT_PATH;
  const given = (key: string, variable: string) => (config[key] as string | undefined) || environment[variable];
  const file = (name: string) =>
    path && existsSync(join(path, name)) ? readFileSync(join(path, name), "utf8") : undefined;
  return {
    ca: given("caMaterial", "DOCKER_CA_MATERIAL") ?? file("ca.pem"),
    cert: given("certMaterial", "DOCKER_CERT_MATERIAL") ?? file("cert.pem"),
    key: given("keyMaterial", "DOCKER_KEY_MATERIAL") ?? file("key.pem"),
  };
}

/** Docker's command line keeps a context under the hash of its name. */
function contextEndpoint(name: string, folder: string): { host: string; tls: TlsMaterial } {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(folder, "contexts", "meta", id, "meta.json");
  if (!existsSync(meta)) {
    throw new Error(`there is no Docker context ${name} in ${folder}; docker context ls shows those there are`);
  }
  const { Endpoints } = JSON.parse(readFileSync(meta, "utf8")) as { Endpoints?: { docker?: { Host?: string } } };
  const file = (pem: string) => {
    const path = join(folder, "contexts", "tls", id, "docker", pem);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  return {
    host: Endpoints?.docker?.Host || defaultHost,
    tls: { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") },
  };
}

function dockerOptions(host: string, { ca, cert, key }: TlsMaterial): DockerOptions {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const address = URL.canParse(host) ? new URL(host) : undefined;
  if (address === undefined || !["tcp:", "http:", "https:"].includes(address.protocol)) {
    throw new Error(
      `the Docker engine's address ${host} is neither unix:// nor tcp://; ` +
        "forward an engine elsewhere to this machine (ssh -L) and give that address",
    );
  }
  const secure = address.protocol === "https:" || cert !== undefined || ca !== undefined;
  return {
    protocol: secure ? "https" : "http",
    host: address.hostname,
    port: address.port || (secure ? 2376 : 2375),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
