import { readFile } from "node:fs/promises";
import { devNull } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type Problem, UserError } from "../userError.ts";
import { decrypt, sopsFormat } from "./sops.ts";

/** Variables for interpolation that come from files. */
export interface Variables {
  /** From files in plain text. */
  readonly plain: Readonly<Record<string, string>>;
  /** From files that sops encrypted: the values stay here, Compose sees placeholders. */
  readonly known: Readonly<Record<string, string>>;
  /** Names whose values come from a file and are not given publicly. */
  readonly privateNames: ReadonlySet<string>;
  /** What Compose is to read by `--env-file`; empty = its own `.env`. */
  readonly files: readonly string[];
}

/**
 * Reads `.env` of the folder, or the files given in its place.
 * @throws UserError when one is missing or cannot be decrypted.
 */
export async function readVariables(
  folder: string,
  given: {
    readonly environmentFiles?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly secretNames?: readonly string[];
  },
): Promise<Variables> {
  const named = given.environmentFiles ?? [];
  const paths = named.length > 0 ? named.map((file) => resolve(folder, file)) : [join(folder, ".env")];
  const files = await Promise.all(paths.map((path) => readEnvFile(path, relative(folder, path), named.length > 0)));
  const problems = files.flatMap((file) => ("problem" in file ? [file.problem] : []));
  if (problems.length > 0) throw new UserError(problems);

  const read = files.filter((file) => "text" in file);
  const plain = Object.assign({}, ...read.filter(({ encrypted }) => !encrypted).map(({ text }) => parseEnv(text)));
  const known = Object.assign({}, ...read.filter(({ encrypted }) => encrypted).map(({ text }) => parseEnv(text)));
  const publicNames = Object.keys(given.environment ?? {});
  for (const name of [...publicNames, ...(given.secretNames ?? [])]) delete known[name];
  const plainFiles = read.filter(({ encrypted }) => !encrypted).map(({ path }) => path);
  const ownFile = named.length === 0 && !read.some(({ encrypted }) => encrypted);
  return {
    plain,
    known,
    privateNames: new Set(Object.keys(plain).filter((name) => !publicNames.includes(name))),
    files: ownFile ? [] : plainFiles.length > 0 ? plainFiles : [devNull],
  };
}

type EnvFile =
  | { readonly path: string; readonly text: string; readonly encrypted: boolean }
  | { readonly problem: Problem };

async function readEnvFile(path: string, where: string, required: boolean): Promise<EnvFile> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) {
    return required
      ? {
          problem: { where, what: "is named as a file of variables but cannot be read", mend: "Correct the path" },
        }
      : { path, text: "", encrypted: false };
  }
  const format = sopsFormat(text);
  if (format === undefined) return { path, text, encrypted: false };
  const plain = await decrypt(path, format, "dotenv");
  return "text" in plain ? { path, text: plain.text, encrypted: true } : { problem: { where, ...plain.failure } };
}
