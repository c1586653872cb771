import type { Login, Registry } from "./registry.ts";

/**
 * A place in a registry that several apps share: a project, a team's folder. The stacks of an app share its repositories.
 *
 * @param folder host and path, such as `gcr.io/shop-1`
 * @param nameOf repository of a service below it
 */
export function sharedRegistry(folder: string, nameOf: (service: string) => string, login?: Login): Registry {
  const host = folder.slice(0, folder.indexOf("/"));
  return {
    host,
    repository: (service) => `${folder}/${nameOf(service)}`,
    credentials: login && { address: host, ...login },
    ready: [],
  };
}
