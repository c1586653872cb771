// @ts-check
/** `npm run destroy`: lists and deletes all that stack `dev` has deployed. Further words go to `pulumi destroy`. */
import { askPulumi, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { runMain, setUp } from "./runner.mjs";
import { toolchain } from "./steps/all.mjs";
import { engine } from "./steps/engine.mjs";

const stack = "dev";
const session = createContext();
await runMain(session, async () => {
  await setUp(session, [...toolchain, engine]);
  /** @type {{ name: string }[]} */
  const stacks = JSON.parse(await askPulumi(session, ["stack", "ls", "--json"]));
  if (!stacks.some(({ name }) => name === stack || name.endsWith(`/${stack}`))) {
    console.log(`There is no stack ${stack}: nothing to destroy.`);
    return 0;
  }
  const code = await pulumi(session, ["destroy", "--yes", "--stack", stack, ...process.argv.slice(2)]);
  if (code !== 0) return code;
  console.log(`
Destroyed. Left in place, for the next npm start:
  services    Docker engine, registry, BuildKit, where they were started here; stop them: npm run services -- stop
  cache       ${session.context.cache} (tools, images, logs); once the services are stopped: rm -r it
  state       .retrofit in this checkout, where you have no backend of your own`);
  return 0;
});
