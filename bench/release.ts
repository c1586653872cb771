/** `npm run bench -- release`: one changed line until the new release answers, against Compose, under load. */
import { join } from "node:path";
import { root } from "../test/support/stack.ts";
import { ComposeApp } from "./composeApp.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { measure, median, table } from "./measure.ts";
import { Side } from "./side.ts";

const rounds = 5;

const demo = await deployedDemo();
const empty = await EmptyProgram.create(root);
const compose = await ComposeApp.start(join(demo.stack.folder, "compose"), "nginx", demo.environment);
try {
  const ours = new Side(demo.http, demo.app, demo.up);
  const theirs = new Side(compose.url, compose.folder, () => compose.up());
  const emptyUp: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await ours.release(`${round}`);
    await theirs.release(`${round}`);
    const up = await measure("pulumi", ["up", "--yes", "--skip-preview"], empty.env, empty.folder);
    emptyUp.push(up.seconds);
    if (round > 0) continue;
    ours.reset();
    theirs.reset();
    emptyUp.length = 0;
  }
  console.log(`One changed line until the new release answers; medians of ${rounds} rounds under load`);
  console.log(
    table([
      ["", "time", "requests", "failed"],
      ["retrofit: pulumi up", ...ours.cells],
      ["docker compose up --build -d", ...theirs.cells],
      ["pulumi up of an empty program", `${median(emptyUp).toFixed(2)} s`, "", ""],
      ["ratio to the two together", (ours.seconds / (theirs.seconds + median(emptyUp))).toFixed(2), "", ""],
    ]),
  );
} finally {
  await compose.remove();
  await empty.remove();
  await demo.stack.remove();
}
