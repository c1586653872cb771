// @ts-check
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { embeddedClouds, missingProvider, option, previews, readStack, stackFile } from "./clouds.mjs";
import { attachProviders, pulumiEnvironment } from "./environment.mjs";
import { rememberStackFiles } from "./stackFiles.mjs";
import { SetupError } from "./step.mjs";

/** @typedef {import("./runner.mjs").Session} Session */

/** Commands that load providers. */
const operations = new Set([
  "up",
  "update",
  "preview",
  "pre",
  "refresh",
  "destroy",
  "down",
  "dn",
  "import",
  "watch",
  "do",
]);

/** Those that leave nothing of what the stack had. */
const removals = new Set(["destroy", "down", "dn"]);

/** Options before the command that take a value as the next word. */
const valued = new Set(["-C", "--cwd", "--color", "-v", "--verbose", "--profiling", "--tracing", "--tracing-header"]);

/** Milliseconds within which the same signal again is the same one, as npm passes on what its group had already. */
const echo = 500;

/** Whether a command line of the CLI loads providers. @param {readonly string[]} args */
export function isOperation(args) {
  return operations.has(commandOf(args) ?? "") && !args.includes("--help") && !args.includes("-h");
}

/** Whether a command line of the CLI makes, changes and asks for nothing. @param {readonly string[]} args */
export function isPreview(args) {
  return previews.has(commandOf(args) ?? "") && !args.some((word) => /^(-r|--refresh)(?!=false$)(=|$)/.test(word));
}

/**
 * Whether a command line of the CLI takes everything of a stack away, and the stack's name where it says it.
 * @param {readonly string[]} args @returns {{ stack?: string } | undefined}
 */
export function removal(args) {
  const command = commandOf(args) ?? "";
  const rest = args.slice(args.indexOf(command) + 1);
  const isRemoval = removals.has(command) || (command === "stack" && (rest[0] === "rm" || rest[0] === "remove"));
  if (!isRemoval) return undefined;
  const positional = command === "stack" ? rest.slice(1).find((word) => !word.startsWith("-")) : undefined;
  const stack = option(args, ["--stack", "-s"]) ?? positional;
  return stack === undefined ? {} : { stack };
}

/** The command on a command line of the CLI. @param {readonly string[]} args */
function commandOf(args) {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (valued.has(word)) i++;
    else if (!word.startsWith("-")) return word;
  }
  return undefined;
}

/**
 * Where a command line of the CLI is at work.
 * @typedef {object} Clouds
 * @property {string} [file] Of its stack.
 * @property {string} [target] As the stack's file says.
 * @property {string[]} clouds Those that it is given in embedded form.
 * @property {string} [account] The account there.
 */

/** @param {Session} session @param {readonly string[]} args @returns {Promise<Clouds>} */
export async function cloudsOf(session, args) {
  if (!isOperation(args)) return { clouds: [] };
  const { root, env } = session.context;
  const file =
    option(args, ["--config-file"]) ?? stackFile(option(args, ["--stack", "-s"]) ?? (await selected(session)));
  const stack = await readStack(root, file);
  const missing = missingProvider(stack, commandOf(args), env);
  if (missing !== undefined) {
    throw new SetupError(
      `${file} is for the real ${stack.target}, whose provider is not here`,
      `Install it (pulumi plugin install resource ${missing}), or set retrofit:embedded to true on a new stack, for the embedded cloud`,
    );
  }
  return { file, target: stack.target, clouds: embeddedClouds(stack, commandOf(args), env), account: stack.account };
}

/** Where the program puts together what a stack's images are built from, anew each time. @param {string} root @param {string} stack */
function contextsOf(root, stack) {
  return join(root, ".retrofit", "contexts", stack.split("/").at(-1) ?? stack);
}

/** The stack that is meant where none is named. @param {Session} session */
async function selected(session) {
  return (
    session.context.env.PULUMI_STACK || (await askPulumi(session, ["stack", "--show-name"]).catch(() => "")).trim()
  );
}

/**
 * Runs the CLI on the terminal of this process, with everything found, and gives its exit code.
 * @param {Session} session @param {readonly string[]} args @param {Clouds} [given] Where that is known. @returns {Promise<number>}
 */
export async function pulumi(session, args, given) {
  const { context, runner } = session;
  const { root, cache } = context;
  const env = pulumiEnvironment({ root, cache, env: context.env });
  const clouds = given ?? (await cloudsOf(session, args));
  const removed = removal(args);
  const emptied = removed && (removed.stack ?? (await selected(session)));
  const tidy = rememberStackFiles(root);
  const providers = isOperation(args) ? await attachProviders({ root, cache, env, ...clouds }) : undefined;
  // On a terminal Ctrl-C reaches the CLI by itself; elsewhere it gets a group of its own, so that it has each signal once.
  const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  const child = spawn("pulumi", args, {
    cwd: root,
    env: { RETROFIT_CLI: "npm run pulumi --", ...env, ...providers?.env },
    stdio: "inherit",
    detached: !terminal,
  });
  runner.handsOff = true;
  let last = 0;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (terminal && signal === "SIGINT") return;
    const now = performance.now();
    if (now - last > echo) child.kill(signal);
    last = now;
  };
  const signals = /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM"]);
  for (const signal of signals) process.on(signal, forward);
  try {
    /** @type {number} */
    const code = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
    if (code === 0 && emptied) await rm(contextsOf(root, emptied), { recursive: true, force: true });
    return code;
  } finally {
    for (const signal of signals) process.off(signal, forward);
    runner.handsOff = false;
    await providers?.close();
    await tidy();
  }
}

/**
 * Asks the CLI something that needs no provider and gives its answer.
 * @param {Session} session @param {readonly string[]} args @param {string} [input]
 */
export async function askPulumi({ context }, args, input) {
  const { root, cache } = context;
  const tidy = rememberStackFiles(root);
  try {
    const env = pulumiEnvironment({ root, cache, env: context.env });
    return await context.run("pulumi", args, { env, input, quiet: true });
  } finally {
    await tidy();
  }
}
