import * as pulumi from "@pulumi/pulumi";
import { parseHost, parseRegistry, type RegistryLocation } from "../components/registries/location.ts";
import type { Login, RegistryCredentials } from "../components/registries/registry.ts";
import { cli } from "../userError.ts";
import type { ConfigReader } from "./reader.ts";

/** Where built images are pushed to, and as whom they and others are pulled. */
export interface RegistryConfig {
  /** Undefined for the target's own. */
  readonly location?: RegistryLocation;
  /** For the registry, where it is not Docker's own login. */
  readonly login?: Login;
  /** For other registries, by host. */
  readonly logins: readonly RegistryCredentials[];
  /** Tag of built images beside `latest`, or undefined for one from the digest. */
  readonly tag?: string;
}

export function readRegistry(reader: ConfigReader): RegistryConfig {
  const text = reader.text("registry");
  const location = text === undefined ? undefined : parseRegistry(text);
  if (location !== undefined && "what" in location) reader.wrong("registry", location.what, location.mend);
  const tag = reader.text("tag");
  if (tag === "latest") reader.wrong("tag", '"latest" moves by itself', "Give one that tells this release from others");
  else if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) {
    reader.wrong("tag", `"${tag}" is not a tag`, "Give up to 128 letters, digits, dots, dashes and underscores");
  }
  const login = readLogin(reader);
  const own = login && (location as RegistryLocation | undefined)?.host;
  return { location: location as RegistryLocation | undefined, login, logins: readLogins(reader, own), tag };
}

/** A name and a password, both or neither. */
function readLogin(reader: ConfigReader): Login | undefined {
  const username = reader.text("registryUsername");
  const password = reader.secretText("registryPassword", "password");
  if (username !== undefined && password === undefined) {
    reader.wrong(
      "registryPassword",
      "the user has no password",
      `Set it: ${cli} config set --secret retrofit:registryPassword`,
    );
  }
  if (username === undefined && password !== undefined) {
    reader.wrong(
      "registryUsername",
      "the password has no user",
      `Set it: ${cli} config set retrofit:registryUsername USER`,
    );
  }
  return username === undefined ? undefined : { username, password: pulumi.secret(password ?? "") };
}

/**
 * `{ "ghcr.io": { "username": "ada", "password": "..." } }`
 * @param own host of the registry that has a login already
 */
function readLogins(reader: ConfigReader, own: string | undefined): RegistryCredentials[] {
  return Object.entries(reader.record("logins"))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([host, given]) => {
      const key = `logins["${host}"]`;
      const address = parseHost(host);
      if (address === undefined) {
        reader.wrong(key, `"${host}" is not the host of a registry`, "Give one such as docker.io or ghcr.io");
      } else if (address === own) {
        reader.wrong(key, "retrofit:registryUsername logs in to it, too", "Keep one of the two");
      }
      const { username, password } = (given ?? {}) as { readonly username?: unknown; readonly password?: unknown };
      if (typeof username !== "string" || username === "") {
        const command = `${cli} config set --path 'retrofit:${key}.username' USER`;
        reader.wrong(`${key}.username`, "no user is named", `Set it: ${command}`);
      }
      const command = `${cli} config set --path --secret 'retrofit:${key}.password'`;
      if (typeof password !== "string" || password === "") {
        reader.wrong(`${key}.password`, "the user has no password", `Set it: ${command}`);
      } else if (!reader.isSecret("logins")) {
        reader.wrong(`${key}.password`, "the password is kept in plain text", `Change it, and set it by: ${command}`);
      }
      return { address: address ?? host, username: String(username), password: pulumi.secret(String(password)) };
    });
}
