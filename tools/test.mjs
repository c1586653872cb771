// @ts-check
/** `npm test [-- <words for vitest>]`: format, lint and types of everything, then the tests. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { showCommand } from "./command.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { tests } from "./steps/all.mjs";

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, tests);
  const environment = pulumiEnvironment({ root, cache, env });
  if (!process.stdout.isTTY && environment.FORCE_COLOR === undefined) environment.NO_COLOR ??= "1";
  const report = join(root, ".retrofit", `tests-${process.pid}.json`);
  mkdirSync(join(root, ".retrofit"), { recursive: true });

  const biome = await ends("biome", ["ci", environment.NO_COLOR ? "--colors=off" : "--colors=force", "."], environment);
  const types = await ends("tsc", [], environment);
  const reporters = [
    "--reporter=./tools/failures.mjs",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const vitest = await ends("vitest", ["run", ...reporters, ...process.argv.slice(2)], environment);
  const counts = countsOf(report);
  rmSync(report, { force: true });

  /** @type {[string, boolean][]} */
  const checks = [
    ["format and lint (biome)", biome],
    ["types (tsc)", types],
  ];
  for (const [name, ok] of checks) console.log(`${ok ? "passed" : "FAILED"}  ${name}`);
  if (!counts) console.log("FAILED  the tests did not run to their end");
  const passed = checks.filter(([, ok]) => ok).length + (counts?.passed ?? 0);
  // A suite that fails as a whole (an import, a hook) has no failed test of its own.
  const failed = checks.length - checks.filter(([, ok]) => ok).length + Math.max(counts?.failed ?? 1, vitest ? 0 : 1);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<boolean>} */
async function ends(command, args, env) {
  console.log(`\n> ${command} ${args.filter((word) => !word.includes("json")).join(" ")}`);
  return (await showCommand(command, args, { cwd: session.context.root, env })) === 0;
}

/** @param {string} report @returns {{ passed: number, failed: number } | undefined} */
function countsOf(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return undefined;
  }
}
