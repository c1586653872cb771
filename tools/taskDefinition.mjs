// @ts-check
/** `npm run task-definition -- <app>`: an app's ECS task definition, ready for `aws ecs register-task-definition`; --help tells more. */
import { join } from "node:path";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain } from "./runner.mjs";

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  const program = join(root, "targets", "taskDefinition.ts");
  return showCommand("node", [program, ...process.argv.slice(2)], {
    cwd: root,
    env: pulumiEnvironment({ root, cache, env }),
  });
});
