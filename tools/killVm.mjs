// @ts-check
/** `npm run kill-vm [-- --stack <stack>]`: the VM of a stack on the embedded cloud is deleted, as if somebody had done it in the console. */
import { join } from "node:path";
import { option, readStack, stackFile, startCommand } from "./clouds.mjs";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { deployedIds } from "./deployed.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { node } from "./steps/node.mjs";
import { pulumi } from "./steps/pulumi.mjs";

const stack = option(process.argv.slice(2), ["--stack", "-s"]) ?? "dev";
const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, [node]);
  const { target, embedded } = await readStack(root, stackFile(stack));
  const onCloud = embedded && target === "gcp";
  if (onCloud) await setUp(session, [pulumi]);
  // The cloud may have machines of other stacks.
  const [vm] = onCloud ? await deployedIds(session, stack, "gcp:compute/instance:Instance") : [];
  if (vm === undefined) {
    throw new SetupError(
      `Stack ${stack} has no VM on the embedded cloud`,
      onCloud ? `Deploy it: ${startCommand(stack)}` : "Name one that has: npm run kill-vm -- --stack dev",
    );
  }
  const cli = join(root, "embedded", "gcp", "cli.ts");
  const code = await showCommand("node", [cli, "kill", vm], {
    cwd: root,
    env: pulumiEnvironment({ root, cache, env }),
  });
  if (code === 0) console.log(`The VM is gone. Make a new one: ${startCommand(stack)}`);
  return code;
});
