// @ts-check
/** `npm run logs [-- -f] [--stack <stack>]`: what the containers of a stack have printed; -f: and go on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { option, readStack, stackFile, startCommand } from "./clouds.mjs";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { deployedIds } from "./deployed.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { node } from "./steps/node.mjs";
import { pulumi } from "./steps/pulumi.mjs";

const words = process.argv.slice(2);
const stack = option(words, ["--stack", "-s"]) ?? "dev";
const follow = words.includes("-f") || words.includes("--follow");

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, [node]);
  const { target = "docker", embedded } = await readStack(root, stackFile(stack));
  const environment = pulumiEnvironment({ root, cache, env });
  if (embedded) {
    await setUp(session, [pulumi]);
    const cli = join(root, "embedded", target, "cli.ts");
    const places = await loggedPlaces(target);
    if (places.length === 0)
      throw new SetupError(`Nothing of stack ${stack} is deployed`, `Deploy it: ${startCommand(stack)}`);
    return showCommand("node", [cli, "logs", ...(follow ? ["-f"] : []), ...places], { cwd: root, env: environment });
  }
  if (target !== "docker") throw new SetupError(`The logs of ${stack} are in the cloud`, advice(target));
  const filter = [
    "ps",
    "--all",
    "--filter",
    `label=retrofit.stack=retrofit/${stack}`,
    "--format",
    "{{.ID}} {{.Names}}",
  ];
  const listed = (await session.context.run("docker", filter, { quiet: true })).trim().split("\n").filter(Boolean);
  const containers = listed.map((line) => /** @type {[string, string]} */ (line.split(" ")));
  if (follow) return Math.max(0, ...(await Promise.all(containers.map((each) => print(each, environment)))));
  let worst = 0;
  for (const each of containers) worst = Math.max(worst, await print(each, environment));
  return worst;
});

/** Where the logs of a stack are on its embedded cloud. @param {string} target @returns {Promise<string[]>} */
async function loggedPlaces(target) {
  if (target === "aws") return deployedIds(session, stack, "aws:cloudwatch/logGroup:LogGroup");
  const vms = await deployedIds(session, stack, "gcp:compute/instance:Instance");
  return [...new Set(vms.map((id) => id.split("/")[1] ?? ""))];
}

/**
 * Prints what a container has printed, each line with its name, and what it prints from now on where that is followed.
 * @param {[id: string, name: string]} container @param {NodeJS.ProcessEnv} env @returns {Promise<number>} The exit code.
 */
async function print([id, name], env) {
  const child = spawn("docker", ["logs", ...(follow ? ["--follow"] : []), id], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on("line", (line) => console.log(`${name}: ${line}`));
  const [code] = await once(child, "close");
  return code ?? 1;
}

/** @param {string} target */
function advice(target) {
  return target === "gcp"
    ? "Read them there: gcloud logging read 'logName:cos_containers' --freshness=1h"
    : "Read them there: aws logs tail --since 1h LOG_GROUP";
}
