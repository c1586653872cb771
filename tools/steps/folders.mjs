// @ts-check
import { join } from "node:path";
import { compose, pulumi, sops } from "../versions.mjs";

/** Where the set-up puts a tool of its own. @param {string} cache @param {string} name @param {string} version */
export function toolFolder(cache, name, version) {
  return join(cache, "tools", `${name}-${version}`);
}

/** Every folder that the set-up may put on the PATH; those that exist are in use. @param {string} cache */
export function toolFolders(cache) {
  return [
    toolFolder(cache, "sops", sops.version),
    toolFolder(cache, "compose", compose.version),
    toolFolder(cache, "pulumi", pulumi.version),
  ];
}
