import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isLocal } from "../registries/location.ts";
import type { Registry } from "../registries/registry.ts";

/**
 * The provider that pulls images, with the registry's login. Undefined for a registry on this machine without one: the
 * default provider then does. It is only for images: a volume of another provider would be another volume.
 */
export function imagePuller(
  name: string,
  registry: Registry,
  opts: pulumi.ResourceOptions,
): docker.Provider | undefined {
  const { host, aliases = [], credentials } = registry;
  if (credentials === undefined && isLocal(host)) return undefined;
  const logins =
    credentials === undefined
      ? dockersOwn(host, aliases)
      : [host, ...aliases].map((address) => {
          const { username, password } = credentials;
          return { address, username, password: pulumi.secret(password) };
        });
  // A provider of one's own takes nothing from the stack's configuration by itself.
  const config = new pulumi.Config("docker");
  const configured = config.getSecretObject<docker.types.input.ProviderRegistryAuth[]>("registryAuth");
  return new docker.Provider(
    name,
    {
      host: config.get("host"),
      context: config.get("context"),
      certPath: config.get("certPath"),
      caMaterial: config.getSecret("caMaterial"),
      certMaterial: config.getSecret("certMaterial"),
      keyMaterial: config.getSecret("keyMaterial"),
      sshOpts: config.getObject<string[]>("sshOpts"),
      registryAuth: configured === undefined ? logins : configured.apply((others) => [...others, ...logins]),
    },
    opts,
  );
}

/** Docker's own login: the provider reads it only for the registries that it is told of. */
function dockersOwn(host: string, aliases: readonly string[]): docker.types.input.ProviderRegistryAuth[] {
  const folder = process.env.DOCKER_CONFIG;
  const configFile = folder ? join(folder, "config.json") : "~/.docker/config.json";
  return !existsSync(configFile.replace(/^~/, homedir()))
    ? []
    : [host, ...aliases].map((address) => ({ address, configFile }));
}
