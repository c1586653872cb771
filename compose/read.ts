import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { parse } from "yaml";
import { UserError } from "../userError.ts";
import { toApp } from "./app.ts";
import { type Canonical, type Raw, unescapeDollars } from "./canonical.ts";
import { findCompose, type Output, run } from "./command.ts";
import { toProblems, toWarnings } from "./composeError.ts";
import { type Content, contentFiles, contentVariables } from "./contents.ts";
import { findEncrypted, withDecrypted } from "./encryptedEnvFiles.ts";
import { composeFiles, projectFolder } from "./files.ts";
import type { App, Extension } from "./model.ts";
import type { FileKind, LaunchType, Target } from "./reading.ts";
import { placeholder } from "./secretText.ts";
import { decrypt, sopsFormat } from "./sops.ts";
import { Sources } from "./source.ts";
import { readVariables } from "./variables.ts";

export interface ReadOptions {
  /** A folder with a compose file, or the file itself. */
  readonly file: string;
  readonly target: Target;
  /** For the target aws. @default "fargate" */
  readonly launchType?: LaunchType;
  /**
   * Public variables for interpolation. Beside them only `.env`, HOME and PWD count: the surroundings of the process have no influence, so
   * that the same configuration gives the same app everywhere.
   * @default {}
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables whose values are secret and are supplied later, by name. @default [] */
  readonly secretNames?: readonly string[];
  /** Files of variables in place of `.env`, as Compose's `--env-file`; those that sops encrypted make their variables secret. @default [] */
  readonly environmentFiles?: readonly string[];
  /** What the stack's configuration says in place of `x-retrofit`. */
  readonly extension?: Extension;
  /** Compose project name. @default the file's `name`, or else the name of its folder */
  readonly projectName?: string;
  /** Profiles to activate. @default [] */
  readonly profiles?: readonly string[];
}

/**
 * Reads an app through Docker Compose.
 * @throws UserError with everything that the user can mend: Compose's own error, or else all that cannot be deployed.
 */
export async function readApp(options: ReadOptions): Promise<App> {
  const folder = projectFolder(options.file);
  const [compose, variables] = await Promise.all([findCompose(process.env), readVariables(folder, options)]);
  const files = composeFiles(options.file, { ...variables.plain, ...options.environment });
  const sources = new Sources(files, readIfPossible);
  const env = {
    ...options.environment,
    ...Object.fromEntries(
      [...Object.keys(variables.known), ...(options.secretNames ?? [])].map((name) => [name, placeholder(name)]),
    ),
    HOME: options.environment?.HOME ?? homedir(),
    PWD: folder,
  };
  const flags = [
    ...files.flatMap((file) => ["--file", file]),
    ...variables.files.flatMap((file) => ["--env-file", file]),
    ...(options.projectName === undefined ? [] : ["--project-name", options.projectName]),
    ...(options.profiles ?? []).flatMap((profile) => ["--profile", profile]),
  ];
  const config = (...more: string[]) => run([...compose, ...flags, ...more], folder, env);

  const [asWritten, firstTry] = await Promise.all([
    config("config", "--no-interpolate", "--format", "json"),
    config("config", "--format", "json"),
  ]);
  if (asWritten.code !== 0) {
    throw new UserError(toProblems((firstTry.code === 0 ? asWritten : firstTry).stderr, sources));
  }
  const raw = JSON.parse(asWritten.stdout) as Raw;
  // Compose cannot read an encrypted file that is no list of variables, so that its error may come from that.
  const first = firstTry.code === 0 ? toCanonical(firstTry) : undefined;
  const encrypted = await findEncrypted(raw, (service) => first?.services?.[service] !== undefined || !first);
  const resolved =
    encrypted.size === 0
      ? firstTry
      : await withDecrypted(raw, encrypted, sources, (override) =>
          config("--file", override, "config", "--format", "json"),
        );
  if (resolved.code !== 0) throw new UserError(toProblems(resolved.stderr, sources));
  const canonical = first && resolved === firstTry ? first : toCanonical(resolved);

  const [contents, written, environment] = await Promise.all([
    Promise.all(
      contentFiles(canonical).map(async (file): Promise<[string, Content]> => [file, await readContent(file)]),
    ),
    interpolatedExtension(raw, () => config("config")),
    contentVariables(canonical).every((name) => name in env) ? undefined : config("config", "--environment"),
  ]);
  return toApp({
    file: files[0] ?? "",
    canonical,
    raw,
    written,
    configured: options.extension,
    target: options.target,
    launchType: options.launchType,
    places: sources,
    kindOf,
    contents: {
      files: new Map(contents),
      variables: {
        ...(environment && toRecord(environment.stdout, Object.keys({ ...variables.plain, ...env }))),
        ...env,
      },
    },
    known: variables.known,
    privateNames: variables.privateNames,
    warnings: toWarnings(resolved.stderr, sources),
  });
}

function toCanonical({ stdout }: Output): Canonical {
  return unescapeDollars(JSON.parse(stdout));
}

/** `x-retrofit` is missing from Compose's JSON; its uninterpolated form serves unless a variable is in it. */
async function interpolatedExtension(raw: Raw, config: () => Promise<Output>): Promise<unknown> {
  const extension = raw["x-retrofit"];
  if (!JSON.stringify(extension ?? "").includes("$")) return extension;
  return unescapeDollars(parse((await config()).stdout)["x-retrofit"]);
}

async function readContent(file: string): Promise<Content> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch {
    const what = kindOf(file) === "absent" ? "does not exist" : "cannot be read as a file";
    return { failure: { what, mend: "Add the file, or correct the path" } };
  }
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) {
    return { failure: { what: "is not text in UTF-8", mend: "Mount it under volumes, read_only" } };
  }
  const format = sopsFormat(text);
  if (format === undefined) return { text, encrypted: false };
  const plain = await decrypt(file, format, "same");
  return "text" in plain ? { ...plain, encrypted: true } : plain;
}

function kindOf(path: string): FileKind {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return "absent";
  return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
}

function readIfPossible(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The named variables of what `config --environment` prints: `NAME=value` a line, sorted; other lines go on with a value. */
function toRecord(text: string, names: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  let last = "";
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const [, name = "", value = ""] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(line) ?? [];
    if (names.includes(name) || name.startsWith("COMPOSE_")) last = name;
    if (last === name) record[name] = value;
    else record[last] += `\n${line}`;
  }
  return record;
}
