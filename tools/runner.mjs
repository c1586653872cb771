// @ts-check
import { join } from "node:path";
import { CommandError, endCommands } from "./command.mjs";
import { duration } from "./display.mjs";
import { removeGoCaches } from "./go.mjs";
import { exclusively } from "./lock.mjs";
import { SetupError } from "./step.mjs";

/**
 * @typedef {import("./step.mjs").Step} Step
 * @typedef {import("./step.mjs").Context} Context
 * @typedef {ReturnType<typeof import("./context.mjs").createContext>} Session
 */

/** A step that failed. */
class StepError extends Error {
  /** @param {Step} step @param {Error} cause */
  constructor(step, cause) {
    super(`${step.title}: ${cause.message}`, { cause });
    this.name = "StepError";
    this.step = step;
  }
}

/**
 * Does what is missing, step by step, showing it; nothing where nothing is.
 * @param {Session} session @param {readonly Step[]} steps
 */
export async function setUp({ context, runner }, steps) {
  const { display } = runner;
  const start = performance.now();
  if ((await states(context, steps)).every(({ reason }) => reason === undefined)) return;

  const waiting = () => display.say("Another set-up is at work: waiting for it.");
  await exclusively(context.cache, waiting, async () => {
    for (const [index, step] of steps.entries()) {
      runner.step = step.name;
      const heading = `[${index + 1}/${steps.length}] ${step.title}`;
      const reason = await missing(context, step);
      if (reason === undefined) {
        display.say(`${heading}: present`);
        continue;
      }
      display.say(`${heading}: ${reason}${step.slow ? ` (${step.slow})` : ""}`);
      display.begin("starting");
      try {
        await step.install(context);
        const still = await missing(context, step);
        if (still !== undefined) throw new SetupError(`still missing after it was installed: ${still}`, "Run again");
        display.say(`      done in ${display.end()}`);
      } catch (error) {
        display.say(`      failed after ${display.end()}`);
        throw new StepError(step, /** @type {Error} */ (error));
      }
    }
    await removeGoCaches(context);
  });
  display.say(`Set-up done in ${duration(performance.now() - start)}.`);
}

/**
 * What each step says, asked all at once.
 * @param {Context} context @param {readonly Step[]} steps
 */
export function states(context, steps) {
  return Promise.all(steps.map(async (step) => ({ step, reason: await missing(context, step) })));
}

/** @param {Context} context @param {Step} step */
function missing(context, step) {
  return step.missing(context).catch((error) => `cannot be asked: ${error.message}`);
}

/**
 * Runs the main function of a command: shows failures that the user can mend without a stack trace, ends what it started
 * when it is interrupted.
 * @param {Session} session @param {() => Promise<number | undefined>} main Gives the exit code.
 */
export async function runMain({ context, runner }, main) {
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]))
    process.on(signal, () => {
      if (runner.handsOff) return; // the CLI, which has had the signal, ends first
      endCommands();
      runner.display.end();
      runner.display.say("Interrupted. What is done stays done: run it again to go on.");
      process.exit(code);
    });
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    runner.display.end();
    runner.display.say(explained(/** @type {Error} */ (error), join(context.cache, "run", `${runner.step}.log`)));
    process.exitCode = 1;
  }
}

/** @param {Error} error @param {string} log @returns {string} */
export function explained(error, log) {
  const cause = error instanceof StepError ? /** @type {Error} */ (error.cause) : error;
  if (cause instanceof SetupError) return `\n${error.message}.\nMend: ${cause.mend}.`;
  if (cause instanceof CommandError)
    return `\n${error.message}\nMend: see what the command says above, then run this again: what is done stays done.`;
  return `\n${cause.stack ?? error.message}\nMend: run this again; the log of the last step is ${log}.`;
}
