// @ts-check
/** `npm run setup [-- --list] [<step> ...]`: the set-up alone. */
import { parseArgs } from "node:util";
import { createContext } from "./context.mjs";
import { runMain, setUp, states } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { everything, tests } from "./steps/all.mjs";

const session = createContext();
await runMain(session, async () => {
  const { values, positionals } = parseArgs({ options: { list: { type: "boolean" } }, allowPositionals: true });
  const names = tests.map(({ name }) => name).join(", ");
  for (const name of positionals)
    if (!tests.some((step) => step.name === name))
      throw new SetupError(`There is no step ${name}`, `Name some of: ${names}`);
  if (values.list) {
    for (const { step, reason } of await states(session.context, tests))
      console.log(`${step.name.padEnd(14)} ${step.title}: ${reason ?? "present"}`);
    return 0;
  }
  const steps = positionals.length > 0 ? tests.filter(({ name }) => positionals.includes(name)) : everything;
  await setUp(session, steps);
  console.log(`Present: ${steps.map(({ title }) => title).join(", ")}.`);
  return 0;
});
