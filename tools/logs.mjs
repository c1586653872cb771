// @ts-check
/** `npm run logs [-- -f] [--stack <stack>]`: what the containers of a stack have printed; -f: and go on. */
import { join } from "node:path";
import { option, readStack, stackFile } from "./clouds.mjs";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { node } from "./steps/node.mjs";

const words = process.argv.slice(2);
const stack = option(words, ["--stack", "-s"]) ?? "dev";
const follow = words.includes("-f") || words.includes("--follow");

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, [node]);
  const { target = "docker", embedded } = await readStack(root, stackFile(stack));
  const environment = pulumiEnvironment({ root, cache, env });
  /** @param {string} command @param {readonly string[]} args */
  const show = (command, args) => showCommand(command, args, { cwd: root, env: environment });
  if (embedded) return show("node", [join(root, "embedded", target, "cli.ts"), "logs", ...(follow ? ["-f"] : [])]);
  if (target !== "docker") throw new SetupError(`The logs of ${stack} are in the cloud`, advice(target));
  const filter = [
    "ps",
    "--all",
    "--filter",
    `label=retrofit.stack=retrofit/${stack}`,
    "--format",
    "{{.ID}} {{.Names}}",
  ];
  const containers = (await session.context.run("docker", filter, { quiet: true })).trim().split("\n").filter(Boolean);
  const shown = containers
    .map((line) => line.split(" "))
    .map(async ([id = "", name]) => {
      console.log(`== ${name}`);
      return show("docker", ["logs", ...(follow ? ["--follow"] : []), id]);
    });
  return Math.max(0, ...(await Promise.all(shown)));
});

/** @param {string} target */
function advice(target) {
  return target === "gcp"
    ? "Read them there: gcloud logging read 'logName:cos_containers' --freshness=1h"
    : "Read them there: aws logs tail --since 1h LOG_GROUP";
}
