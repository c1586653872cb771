// @ts-check
/**
 * `npm run preview:pr -- [--base <ref>] [--without-credentials] [--list [--credentials <targets>]]`: what merging the checkout's changes since
 * they left the base would do to each stack that they touch, as Markdown. A stack that is in the backend is compared as it is; any other,
 * or all with `--without-credentials`, by a preview without credentials. `--list` only tells the stacks, in the form of a
 * workflow's outputs: those of the targets for which there are credentials, and the others.
 */
import { parseArgs } from "node:util";
import { askPulumi } from "./cli.mjs";
import { CommandError } from "./command.mjs";
import { createContext } from "./context.mjs";
import { markdownOf } from "./preview/report.mjs";
import { previewWithCredentials, previewWithoutCredentials } from "./preview/run.mjs";
import { stacksOf } from "./preview/stacks.mjs";
import { touchedStacks } from "./preview/touched.mjs";
import { runMain, setUp } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { toolchain } from "./steps/all.mjs";
import { node } from "./steps/node.mjs";

const session = createContext();
const { context } = session;
await runMain(session, async () => {
  const { values } = parseArgs({
    options: {
      base: { type: "string", default: "origin/HEAD" },
      "without-credentials": { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      credentials: { type: "string", default: "" },
    },
  });
  await setUp(session, values.list ? [node] : toolchain);
  const touched = touchedStacks(context.root, await stacksOf(context.root), await changedSince(values.base));
  if (values.list) {
    const targets = values.credentials.split(",");
    /** @param {import("./preview/stacks.mjs").Stack} stack */
    const real = ({ target, embedded }) => targets.includes(target) && !embedded;
    const stacks = touched.map(({ stack }) => stack);
    console.log(`with=${JSON.stringify(stacks.filter(real).map(({ name, target }) => ({ name, target })))}`);
    console.log(
      `without=${stacks
        .filter((stack) => !real(stack))
        .map(({ name }) => name)
        .join(" ")}`,
    );
    return 0;
  }
  if (touched.length === 0) console.log("The changes touch no stack.");
  const known = values["without-credentials"] ? [] : await stacksInBackend();
  let failed = 0;
  for (const { stack, because } of touched) {
    context.say(`Preview of ${stack.name}`);
    const preview = known.includes(stack.name)
      ? await previewWithCredentials(session, stack)
      : await previewWithoutCredentials(session, stack);
    if (!preview.ok) failed++;
    const [first, ...more] = because;
    const notes = [`Touched by \`${first}\`${more.length > 0 ? ` and ${more.length} more` : ""}.`];
    console.log(markdownOf(preview, { notes }));
  }
  return failed > 0 ? 1 : 0;
});

/** Files that differ from where the checkout left the base, also those that are not committed. @param {string} base @returns {Promise<string[]>} */
async function changedSince(base) {
  /** @param {readonly string[]} args */
  const git = (...args) => context.run("git", args, { quiet: true });
  const fork = await git("merge-base", base, "HEAD").catch((error) => {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(
      `git finds nothing in common with ${base}: ${error.tail}`,
      "Name a branch or commit: --base main",
    );
  });
  const answers = await Promise.all([
    git("diff", "--name-only", "--no-renames", "-z", fork.trim()),
    git("ls-files", "--others", "--exclude-standard", "-z"),
  ]);
  return answers.flatMap((answer) => answer.split("\0")).filter((file) => file !== "");
}

/** @returns {Promise<string[]>} */
async function stacksInBackend() {
  /** @type {{ name: string }[]} */
  const stacks = JSON.parse(await askPulumi(session, ["stack", "ls", "--json"]));
  return stacks.map(({ name }) => name.split("/").at(-1) ?? name);
}
