// @ts-check
/**
 * What a step of the set-up is, and the small helpers that every step shares. Runs before `npm ci`: no dependencies, Node 20.
 *
 * @typedef {object} Step
 * @property {string} name Short and unique; names its log file and is what `npm run setup -- <name>` takes.
 * @property {string} title For people: `Pulumi CLI 3.255.0`.
 * @property {string} [slow] Why it takes long and how long, where it does: `compiled from its Go module, about 5 min`.
 * @property {(context: Context) => Promise<string | undefined>} missing Why it must run, undefined where all is present.
 *   Fast (stamps and versions, at most a few 100 ms) and without effect but this: binaries found are put on the PATH of
 *   `context.env`. All steps are asked at once; a step is asked again before it is installed and after.
 * @property {(context: Context) => Promise<void>} install Makes it present, doing only what is missing. May be
 *   interrupted at any point and run again. Steps are installed one after another, in order, under a lock.
 *
 * @typedef {object} Context
 * @property {string} root The checkout.
 * @property {string} cache Folder shared by all checkouts: tools in `tools/<name>-<version>/`, pids and logs in `run/`.
 * @property {NodeJS.ProcessEnv} env Environment of every command; steps extend its PATH by `addToPath`.
 * @property {(line: string) => void} say Prints a line that stays.
 * @property {(text: string) => void} progress Says what is being done right now: the live line on a terminal, elsewhere a
 *   line every 15 s. Output of `run` calls it by itself.
 * @property {Run} run
 * @property {() => Promise<string | undefined>} registriesOnly Why the official downloads are not used (then only the package
 *   registries are: npm, PyPI, Go modules, Debian), undefined where they are. Decided once a run.
 *
 * @callback Run Runs a command to its end and gives its standard output. Its whole output goes to the step's log in
 *   `<cache>/run/`; rejects with a CommandError that shows the command and the last lines.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 *
 * @typedef {object} RunOptions
 * @property {string} [cwd] Default: the checkout.
 * @property {NodeJS.ProcessEnv} [env] Added to the environment of the context.
 * @property {string} [log] Absolute path of the log file. Default: the step's own, `<cache>/run/<step>.log`.
 * @property {string} [input] Standard input. Default: none.
 * @property {number} [timeout] Milliseconds until it is ended. Default: none.
 * @property {boolean} [quiet] Neither logged nor shown as progress: for questions such as `--version`.
 */
import { statSync } from "node:fs";
import { access, constants, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";

/** A failure that the user can mend: what went wrong, and what to do. Shown without a stack trace. */
export class SetupError extends Error {
  /** @param {string} message @param {string} mend What to do, in the imperative. @param {ErrorOptions} [options] */
  constructor(message, mend, options) {
    super(message, options);
    this.name = "SetupError";
    this.mend = mend;
  }
}

/** Puts a folder first on the PATH, once. @param {NodeJS.ProcessEnv} env @param {string} folder */
export function addToPath(env, folder) {
  const rest = (env.PATH ?? "").split(delimiter).filter((entry) => entry !== folder && entry !== "");
  env.PATH = [folder, ...rest].join(delimiter);
}

/**
 * The first executable of that name on the PATH.
 * @param {NodeJS.ProcessEnv} env @param {string} name @returns {Promise<string | undefined>}
 */
export async function which(env, name) {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (
      folder !== "" &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return path;
  }
  return undefined;
}

/** Whether a version such as `v2.40.3-desktop.1` is at least `2.20`. @param {string} version @param {string} minimum */
export function atLeast(version, minimum) {
  const [have, want] = [version, minimum].map((text) => (text.match(/\d+(\.\d+)*/)?.[0] ?? "").split(".").map(Number));
  if (!have || !want || Number.isNaN(have[0]) || version.trim() === "") return false;
  for (let i = 0; i < Math.max(have.length, want.length); i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * Makes a file or folder in one step: `make` fills a path beside the target, which then takes the target's place. What
 * an interrupted run left behind is removed.
 * @param {string} target @param {(partial: string) => Promise<unknown>} make
 */
export async function atomically(target, make) {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const leftover = new RegExp(`^${escapeRegExp(basename(target))}\\.(\\d+)\\.partial(\\..*)?$`);
  for (const name of await readdir(folder)) {
    const pid = Number(leftover.exec(name)?.[1]);
    if (pid && !alive(pid)) await rm(join(folder, name), { recursive: true, force: true });
  }
  const partial = `${target}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await make(partial);
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) await rm(target, { recursive: true, force: true });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Whether a process of that id runs. @param {number} pid */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} text */
function escapeRegExp(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
