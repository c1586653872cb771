import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { Extension } from "../compose/model.ts";
import type { ReadOptions } from "../compose/read.ts";
import { hasEncrypted, isEncrypted, withSecretVariables } from "./secretVariables.ts";

/** What a stack's file says, by key, for commands that run without the Pulumi CLI. */
export type StackFile = Readonly<Record<string, unknown>>;

/**
 * Read a stack's file. Keys that it leaves out have the defaults that Pulumi.yaml declares.
 * @param root the folder of Pulumi.yaml
 * @param file from there; where it does not exist, the defaults are all there is
 */
export function readStackFile(root: string, file: string): StackFile {
  const declared = Object.entries(configOf(join(root, "Pulumi.yaml")) as Record<string, { default?: unknown }>);
  const defaults = Object.fromEntries(declared.map(([key, { default: value }]) => [key, value]));
  return { ...defaults, ...configOf(resolve(root, file)) };
}

function configOf(file: string): Record<string, unknown> {
  const config: Record<string, unknown> = existsSync(file) ? (parse(readFileSync(file, "utf8"))?.config ?? {}) : {};
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

/** How a stack reads its app. Its secrets stay where they are: only their names count. */
export function readOptions(
  root: string,
  stack: StackFile,
): Omit<Required<ReadOptions>, "file" | "target" | "launchType" | "projectName"> {
  const get = <T>(key: string) => stack[`retrofit:${key}`] as T;
  const environment = Object.entries(get<Record<string, unknown>>("environment"));
  const secrets = Object.keys(get<Record<string, unknown>>("secrets"));
  const given = get<Record<string, unknown>>("services");
  const services = hasEncrypted(given) ? withSecretVariables(given) : given;
  return {
    environment: Object.fromEntries(
      environment.flatMap(([name, value]) => (isEncrypted(value) ? [] : [[name, String(value)]])),
    ),
    environmentFiles: get<string[]>("environmentFiles").map((path) => resolve(root, path)),
    secretNames: [...secrets, ...environment.flatMap(([name, value]) => (isEncrypted(value) ? [name] : []))],
    profiles: get<string[]>("profiles"),
    extension: { services: services as Extension["services"], volumes: get("volumes"), expose: get("expose") },
  };
}

/** Where an app is, by its folder under docker/ or the path of a folder or compose file; undefined where there is none. */
export function appPath(root: string, name: string): string | undefined {
  return [resolve(root, "docker", name), resolve(root, name)].find((path) => existsSync(path));
}
