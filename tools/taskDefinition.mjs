// @ts-check
/** `npm run task-definition -- <app>`: an app's ECS task definition, ready for `aws ecs register-task-definition`; --help tells more. */
import { join } from "node:path";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { compose } from "./steps/compose.mjs";
import { node } from "./steps/node.mjs";

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, [node, compose]);
  const program = join(root, "targets", "taskDefinition.ts");
  return showCommand("node", [program, ...process.argv.slice(2)], {
    cwd: root,
    env: pulumiEnvironment({ root, cache, env }),
  });
});
