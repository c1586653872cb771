import type { Registry } from "./registry.ts";

/**
 * A registry on this machine, without a login. One repository a stack and service, so that removing one stack's
 * images never touches another's.
 *
 * @param address host and port, such as `127.0.0.1:5050`
 * @param namespace path in front of every image, such as `shop-dev`
 */
export function localRegistry(address: string, namespace: string): Registry {
  return { repository: (name) => `${address}/${namespace}/${name}`, ready: [] };
}
