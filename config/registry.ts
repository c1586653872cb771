import * as pulumi from "@pulumi/pulumi";
import { parseRegistry, type RegistryLocation } from "../components/registries/location.ts";
import type { Login } from "../components/registries/registry.ts";
import { cli } from "../userError.ts";
import type { ConfigReader } from "./reader.ts";

/** Where built images are pushed to, and as whom. */
export interface RegistryConfig {
  /** Undefined for the target's own. */
  readonly location?: RegistryLocation;
  /** For the registry, where it is not Docker's own login. */
  readonly login?: Login;
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
  return { location: location as RegistryLocation | undefined, login: readLogin(reader), tag };
}

/** A name and a password, both or neither. */
function readLogin(reader: ConfigReader): Login | undefined {
  const username = reader.text("registryUsername") ?? "";
  // Read raw: only whether it is there.
  const password = reader.raw("registryPassword") ?? "";
  const command = `${cli} config set --secret retrofit:registryPassword`;
  if (password !== "" && !reader.isSecret("registryPassword")) {
    reader.wrong("registryPassword", "the password is kept in plain text", `Change it, and set it by: ${command}`);
  }
  if (username !== "" && password === "") {
    reader.wrong("registryPassword", "the user has no password", `Set it: ${command}`);
  }
  if (username === "" && password !== "") {
    reader.wrong(
      "registryUsername",
      "the password has no user",
      `Set it: ${cli} config set retrofit:registryUsername USER`,
    );
  }
  return username === "" ? undefined : { username, password: pulumi.secret(password) };
}
