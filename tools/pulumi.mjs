// @ts-check
/** `npm run pulumi -- <args>`: the Pulumi CLI with everything found. */
import { cloudsOf, isOperation, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment, embedded, toolchain } from "./steps/all.mjs";

const args = process.argv.slice(2);
const session = createContext();
await runMain(session, async () => {
  await setUp(session, toolchain);
  if (isOperation(args)) {
    const { clouds } = await cloudsOf(session, args);
    await setUp(session, [...deployment, ...clouds.flatMap((cloud) => embedded[cloud] ?? [])]);
  }
  return pulumi(session, args);
});
