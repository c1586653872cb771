import { distinctName } from "../../names.ts";

/** The container that prepares a task's volumes. */
export const preparationContainer = "retrofit-prepare";

/** A name as ECS takes it for containers, volumes and families: letters, digits, hyphens and underscores. */
export function ecsName(text: string): string {
  return /^[\w-]{1,200}$/.test(text) ? text : distinctName(text, 60);
}

/** Name of a volume that stands for one path of one service: `nginx-var-log-nginx`. */
export function pathVolume(service: string, path: string): string {
  const text = `${service}-${path.slice(1).replaceAll("/", "-")}`;
  // Two paths must not become one.
  return /^(\/[a-zA-Z0-9.]+)+$/.test(path) ? ecsName(text.replaceAll(".", "_")) : distinctName(`${service}${path}`, 60);
}
