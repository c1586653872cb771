// @ts-check
/** `npm run pulumi -- <args>`: the Pulumi CLI with everything found. */
import { isOperation, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment, toolchain } from "./steps/all.mjs";

const args = process.argv.slice(2);
const session = createContext();
await runMain(session, async () => {
  await setUp(session, isOperation(args) ? deployment : toolchain);
  return pulumi(session, args);
});
