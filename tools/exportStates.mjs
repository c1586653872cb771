// @ts-check
/**
 * `node tools/exportStates.mjs <folder>`: the states of the stacks that have both a file here and a state in the backend, without
 * secrets, as `<folder>/<stack>.json`. For previews without credentials.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { askPulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { stateForPreviews } from "./preview/export.mjs";
import { run } from "./preview/run.mjs";
import { stacksOf } from "./preview/stacks.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { toolchain } from "./steps/all.mjs";

const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new SetupError("No folder is named", "Name one for the states");
  await setUp(session, toolchain);
  await mkdir(folder, { recursive: true });
  /** @type {{ name: string }[]} */
  const known = JSON.parse(await askPulumi(session, ["stack", "ls", "--json"]));
  for (const stack of await stacksOf(root)) {
    const { name, embedded } = stack;
    if (embedded || !known.some((each) => each.name.split("/").at(-1) === name)) continue;
    // With the values of the secrets, so that copies of them in plain text are found: neither logged nor written anywhere.
    const args = ["stack", "export", "--show-secrets", "--stack", name, "--non-interactive"];
    const { code, stdout } = await run(args, { cwd: root, env: pulumiEnvironment({ root, cache, env }) });
    if (code !== 0)
      throw new SetupError(
        `The state of ${name} cannot be exported`,
        `See what this says: npm run pulumi -- stack export --stack ${name}`,
      );
    const { state, unsettled } = await stateForPreviews(session, stack, JSON.parse(stdout));
    if (unsettled) session.context.say(`${name}: whatever holds a secret will show as changed. ${unsettled}`);
    const file = resolve(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(state));
    session.context.say(`${name}: ${file}`);
  }
  return 0;
});
