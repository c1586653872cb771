import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { dockerHubHost, isLocal } from "../registries/location.ts";
import type { Registry, RegistryCredentials } from "../registries/registry.ts";

/**
 * The provider that pulls images, with every login. Undefined for a registry on this machine where there is none: the
 * default provider then does. It is only for images: a volume of another provider would be another volume.
 */
export function imagePuller(
  name: string,
  registry: Registry,
  opts: pulumi.ResourceOptions,
): docker.Provider | undefined {
  const { host, credentials, logins: others = [] } = registry;
  if (credentials === undefined && others.length === 0 && isLocal(host)) return undefined;
  const own = credentials === undefined ? dockersOwn(host) : loginOf(credentials);
  const logins = [...own, ...others.flatMap(loginOf)];
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

function loginOf({ address, username, password }: RegistryCredentials): docker.types.input.ProviderRegistryAuth[] {
  return addressesOf(address).map((each) => ({ address: each, username, password: pulumi.secret(password) }));
}

/** Where Pulumi's Docker provider looks for the login of a registry; the second for images that name no host. */
function addressesOf(host: string): string[] {
  return host === dockerHubHost ? [host, "registry.hub.docker.com"] : [host];
}

/** Docker's own login: the provider reads it only for the registries that it is told of. */
function dockersOwn(host: string): docker.types.input.ProviderRegistryAuth[] {
  const folder = process.env.DOCKER_CONFIG;
  const configFile = folder ? join(folder, "config.json") : "~/.docker/config.json";
  return !existsSync(configFile.replace(/^~/, homedir()))
    ? []
    : addressesOf(host).map((address) => ({ address, configFile }));
}
