import { dockerHubHost } from "./location.ts";
import type { Login, Registry } from "./registry.ts";
import { sharedRegistry } from "./shared.ts";

/**
 * Docker Hub: `docker.io/<user>/<repository>`.
 *
 * @param user user or organisation
 * @param nameOf repository of a service
 */
export function dockerHub(user: string, nameOf: (service: string) => string, login?: Login): Registry {
  return {
    ...sharedRegistry(`${dockerHubHost}/${user}`, nameOf, login),
    // Where Pulumi's Docker provider looks for the login of images that name no host.
    aliases: ["registry.hub.docker.com"],
  };
}
