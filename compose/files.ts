import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../userError.ts";

/** Compose's own names, in its order of preference. */
const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

/**
 * The compose files of an app, as Compose picks them: a file stands for itself; a folder for what COMPOSE_FILE names there, or else for its
 * compose file with the override beside it.
 * @throws UserError when there is none.
 */
export function composeFiles(path: string, environment: Readonly<Record<string, string | undefined>>): string[] {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw missing(path, "does not exist", "Name a folder with a compose file, or the file itself");
  if (!statSync(absolute).isDirectory()) return [absolute];
  if (environment.COMPOSE_FILE) {
    const files = environment.COMPOSE_FILE.split(environment.COMPOSE_PATH_SEPARATOR ?? ":");
    const absent = files.find((file) => !existsSync(resolve(absolute, file)));
    if (absent) throw missing(absent, `is named by COMPOSE_FILE but does not exist in ${path}`, "Correct COMPOSE_FILE");
    return files.map((file) => resolve(absolute, file));
  }
  const file = firstOf(absolute, NAMES);
  if (!file) throw missing(path, "has no compose.yaml", "Add one, or name the compose file itself");
  const override = firstOf(absolute, OVERRIDES);
  return override ? [file, override] : [file];
}

/** The folder that Compose takes `.env` and the project's name from. */
export function projectFolder(path: string): string {
  const absolute = resolve(path);
  return existsSync(absolute) && statSync(absolute).isDirectory() ? absolute : dirname(absolute);
}

function firstOf(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(folder, name)).find((file) => existsSync(file));
}

function missing(where: string, what: string, mend: string): UserError {
  return new UserError([{ where, what, mend }]);
}
