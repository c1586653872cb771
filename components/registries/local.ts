import type { Login, Registry } from "./registry.ts";
import { pathComponent } from "./repositoryName.ts";

/**
 * A registry of one's own, such as the one on this machine. One repository a stack and service, so that removing one
 * stack's images never touches another's.
 *
 * @param host host and port, such as `127.0.0.1:5050`
 * @param namespace path in front of every image, such as `shop-dev`
 */
export function localRegistry(host: string, namespace: string, login?: Login): Registry {
  const folder = `${host}/${pathComponent(namespace)}`;
  return {
    host,
    repository: (service) => `${folder}/${pathComponent(service)}`,
    credentials: login && { address: host, ...login },
    ready: [],
  };
}
