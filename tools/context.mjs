// @ts-check
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command.mjs";
import { Display } from "./display.mjs";
import { registriesOnly } from "./downloads.mjs";

/** This checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Folder shared by all checkouts. @param {NodeJS.ProcessEnv} env @returns {string} */
export function cacheFolder(env) {
  if (env.RETROFIT_CACHE) return resolve(env.RETROFIT_CACHE);
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "retrofit");
}

/**
 * The context of one run of the set-up, and what its runner needs beside: the display, and the name of the step at work.
 * @param {{ root?: string, env?: NodeJS.ProcessEnv, stream?: NodeJS.WriteStream }} [options]
 */
export function createContext({ root: checkout = root, env: given = process.env, stream = process.stderr } = {}) {
  const cache = cacheFolder(given);
  const env = { ...given };
  // npm and node of the checkout come first, as in npm's own scripts; the system's folders for a PATH without them.
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const folder of ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    if (!folders.includes(folder)) folders.push(folder);
  env.PATH = folders.join(delimiter);

  const display = new Display(stream);
  /** `handsOff`: a child deals with signals. */
  const runner = { display, step: "setup", handsOff: false };
  /** @type {Promise<string | undefined> | undefined} */
  let reason;
  /** @type {import("./step.mjs").Context} */
  const context = {
    root: checkout,
    cache,
    env,
    say: (line) => display.say(line),
    progress: (text) => display.progress(text),
    async run(command, args, options = {}) {
      mkdirSync(join(cache, "run"), { recursive: true });
      return runCommand(command, args, {
        cwd: options.cwd ?? checkout,
        env: { ...env, ...options.env },
        log: options.quiet ? undefined : (options.log ?? join(cache, "run", `${runner.step}.log`)),
        input: options.input,
        timeout: options.timeout,
        onLine: options.quiet ? undefined : (line) => display.progress(line),
      });
    },
    registriesOnly() {
      reason ??= registriesOnly(env).then((found) => {
        if (found) display.say(`      official downloads are not used (${found}): package registries instead`);
        return found;
      });
      return reason;
    },
  };
  return { context, runner };
}
