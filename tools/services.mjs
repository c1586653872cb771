// @ts-check
/** `npm run services -- status|stop|start`: the programs that the set-up has started on this machine. */
import { existsSync } from "node:fs";
import { createContext } from "./context.mjs";
import { exclusively } from "./lock.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { buildkitService } from "./steps/buildkit.mjs";
import { engineService } from "./steps/engine.mjs";
import { registryService } from "./steps/registry.mjs";

/** In the order in which they are started. */
const services = [engineService, registryService, buildkitService];

const session = createContext();
const { context } = session;
await runMain(session, async () => {
  const [verb = "status", ...rest] = process.argv.slice(2);
  if (rest.length > 0) throw new SetupError(`${rest.join(" ")} is one word too many`, usage());
  if (verb === "status") await status();
  else if (verb === "start") {
    await setUp(
      session,
      services.map(({ step }) => step),
    );
    await status();
  } else if (verb === "stop") await exclusively(context.cache, () => context.say("Waiting for a set-up."), stop);
  else throw new SetupError(`There is no verb ${verb}`, usage());
  return 0;
});

function usage() {
  return "Run: npm run services -- status, start or stop";
}

async function status() {
  const states = await Promise.all(services.map(async ({ step, state }) => ({ step, ...(await state(context)) })));
  for (const { step, running, address, folders, log } of states) {
    console.log(`${step.title}: ${running}`);
    console.log(`  address  ${address}`);
    if (log) console.log(`  log      ${log}`);
    for (const folder of folders.filter(existsSync)) console.log(`  disk     ${await size(folder)} in ${folder}`);
  }
}

/** @param {string} folder */
async function size(folder) {
  // What vanishes meanwhile, or may not be read, makes it fail after it has counted the rest.
  const total = await context.run("sh", ["-c", 'du -sh "$0" 2>/dev/null || :', folder], { quiet: true });
  return total.split("\t")[0] || "?";
}

async function stop() {
  for (const { step, state, stop } of [...services].reverse()) {
    context.progress(`ending ${step.title}`);
    const stopped = await stop(context);
    const { running } = await state(context);
    context.say(`${step.title}: ${stopped ? "stopped" : running}`);
  }
}
