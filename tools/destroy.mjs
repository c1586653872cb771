// @ts-check
/** `npm run destroy [-- --stack <stack>]`: lists and deletes all that the stack has deployed. Further words go to `pulumi destroy`. */
import { askPulumi, cloudsOf, pulumi } from "./cli.mjs";
import { option } from "./clouds.mjs";
import { createContext } from "./context.mjs";
import { recover } from "./interrupted.mjs";
import { mendOf, protectedBuckets } from "./protectedBuckets.mjs";
import { runMain, setUp } from "./runner.mjs";
import { embedded, toolchain } from "./steps/all.mjs";
import { engine } from "./steps/engine.mjs";
import { node } from "./steps/node.mjs";

const words = process.argv.slice(2);
const stack = option(words, ["--stack", "-s"]) ?? "dev";
const file = option(words, ["--config-file"]);
const session = createContext();
await runMain(session, async () => {
  await setUp(session, [node]);
  const { clouds } = await cloudsOf(session, ["destroy", "--stack", stack, ...words]);
  await setUp(session, [...toolchain, engine, ...clouds.flatMap((cloud) => embedded[cloud] ?? [])]);
  /** @type {{ name: string }[]} */
  const stacks = JSON.parse(await askPulumi(session, ["stack", "ls", "--json"]));
  if (!stacks.some(({ name }) => name === stack || name.endsWith(`/${stack}`))) {
    console.log(`There is no stack ${stack}: nothing to destroy.`);
    return 0;
  }
  await recover(session, stack, ["--stack", stack, ...(file === undefined ? [] : ["--config-file", file])]);
  const code = await pulumi(session, [
    "destroy",
    "--yes",
    ...(words.includes(stack) ? [] : ["--stack", stack]),
    ...words,
  ]);
  if (code !== 0) {
    const kept = protectedBuckets(JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack])));
    if (kept.length > 0) console.log(`\n${mendOf(kept, stack)}`);
    return code;
  }
  console.log(`
Destroyed. Left in place, for the next npm start:
  services    Docker engine, registry, BuildKit, where they were started here; stop them: npm run services -- stop
  cache       ${session.context.cache} (tools, images, logs); once the services are stopped: rm -r it
  state       .retrofit in this checkout, where you have no backend of your own`);
  return 0;
});
