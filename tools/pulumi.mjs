// @ts-check
/** `npm run pulumi -- <args>`: the Pulumi CLI with everything found. */
import { cloudsOf, isOperation, isPreview, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment, toolchain } from "./steps/all.mjs";
import { engine } from "./steps/engine.mjs";

const args = process.argv.slice(2);
const session = createContext();
await runMain(session, async () => {
  await setUp(session, toolchain);
  if (!isOperation(args)) return pulumi(session, args);
  const where = await cloudsOf(session, args);
  await setUp(session, needed(where));
  return pulumi(session, args, where);
});

/** What an operation needs beside the toolchain. A preview builds and starts nothing. @param {import("./cli.mjs").Clouds} where */
function needed(where) {
  if (!isPreview(args)) return deployment(where);
  return (where.target ?? "docker") === "docker" ? [engine] : [];
}
