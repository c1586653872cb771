import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { App } from "../../../compose/model.ts";
import { type ReadOptions, readApp } from "../../../compose/read.ts";
import { UserError } from "../../../userError.ts";

export type Options = Partial<ReadOptions>;

export interface Case {
  readonly files: string | Readonly<Record<string, string>>;
  readonly options?: Options;
  readonly says: string;
}

/** A file with one service `web`, its fields in YAML's flow style. */
export const web = (fields: string, rest = "") => `services:\n  web: { image: "nginx:1.28", ${fields} }\n${rest}`;
export const two = (a: string, b: string, rest = "") =>
  `services:\n  web: { image: "nginx:1.28", ${a} }\n  db: { image: "postgres:17", ${b} }\n${rest}`;

/** A folder with the given files, removed after the test. A text alone is `compose.yaml`. */
export async function project(files: string | Readonly<Record<string, string>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "compose-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(typeof files === "string" ? { "compose.yaml": files } : files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** Reads an app from a folder with the given files. */
export async function read(files: string | Readonly<Record<string, string>>, options: Options = {}): Promise<App> {
  return readApp({ file: await project(files), target: "docker", projectName: "app", ...options });
}

/** What the user is told of a folder with the given files, the folder's own path shown as `<folder>`. */
export async function refusal(
  files: string | Readonly<Record<string, string>>,
  options: Options = {},
): Promise<string> {
  const folder = await project(files);
  try {
    await readApp({ file: folder, target: "docker", projectName: "app", ...options });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message.replaceAll(folder, "<folder>");
  }
  throw new Error("It was read without a complaint");
}
