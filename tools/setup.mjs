// @ts-check
/**
 * `npm run setup`: the set-up alone, for every stack and app; `-- --stack <stack>`: what one takes; `-- <step> ...`: some steps;
 * `-- --list`: what there is of it all.
 */
import { parseArgs } from "node:util";
import { cloudsOf } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { runMain, setUp, states } from "./runner.mjs";
import { SetupError } from "./step.mjs";
import { deployment, everything, tests } from "./steps/all.mjs";
import { node } from "./steps/node.mjs";

const session = createContext();
await runMain(session, async () => {
  const { values, positionals } = parseArgs({
    options: { list: { type: "boolean" }, stack: { type: "string", short: "s" } },
    allowPositionals: true,
  });
  const { stack } = values;
  if (stack !== undefined) await setUp(session, [node]);
  const known = stack === undefined ? tests : deployment(await cloudsOf(session, ["up", "--stack", stack]));
  for (const name of positionals)
    if (!known.some((step) => step.name === name))
      throw new SetupError(`There is no step ${name}`, `Name some of: ${known.map((step) => step.name).join(", ")}`);
  if (values.list) {
    for (const { step, reason } of await states(session.context, known))
      console.log(`${step.name.padEnd(14)} ${step.title}: ${reason ?? "present"}`);
    return 0;
  }
  const whole = stack === undefined ? everything : known;
  const steps = positionals.length > 0 ? known.filter(({ name }) => positionals.includes(name)) : whole;
  await setUp(session, steps);
  console.log(`Present: ${steps.map(({ title }) => title).join(", ")}.`);
  return 0;
});
