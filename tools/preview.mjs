// @ts-check
/**
 * `npm run preview -- <stack> ... [--states <folder>] [--report <file>]`: previews of stacks with neither credentials nor secrets, as
 * Markdown; against exported states where there are any. The report is for commentPreviews.mjs.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createContext } from "./context.mjs";
import { markdownOf } from "./preview/report.mjs";
import { previewWithoutCredentials } from "./preview/run.mjs";
import { stacksOf } from "./preview/stacks.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { toolchain } from "./steps/all.mjs";

const session = createContext();
await runMain(session, async () => {
  const { values, positionals } = parseArgs({
    options: { states: { type: "string" }, report: { type: "string" } },
    allowPositionals: true,
  });
  await setUp(session, toolchain);
  const stacks = await stacksOf(session.context.root);
  const names = stacks.map(({ name }) => name).join(", ");
  if (positionals.length === 0) throw new SetupError("No stack is named", `Name some of: ${names}`);
  const asked = positionals.map((name) => {
    const stack = stacks.find((each) => each.name === name);
    if (stack === undefined) throw new SetupError(`There is no Pulumi.${name}.yaml`, `Name some of: ${names}`);
    return stack;
  });
  const previews = [];
  for (const stack of asked) {
    session.context.say(`Preview of ${stack.name}, without credentials`);
    const preview = await previewWithoutCredentials(session, stack, values.states);
    console.log(markdownOf(preview));
    previews.push(preview);
  }
  if (values.report !== undefined) await writeFile(values.report, JSON.stringify({ previews }));
  return previews.every(({ ok }) => ok) ? 0 : 1;
});
