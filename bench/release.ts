/** `npm run bench -- release`: one changed line until the new release answers, against Compose, under load. */
import { join } from "node:path";
import { root } from "../test/support/stack.ts";
import { ComposeApp } from "./composeApp.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { underLoad } from "./load.ts";
import { median, seconds, show, succeeded } from "./measure.ts";
import { race, Side } from "./side.ts";

const rounds = 7;

const demo = await deployedDemo("docker");
const empty = await EmptyProgram.create(root);
const compose = await ComposeApp.start(join(demo.stack.folder, "compose"), "nginx", demo.environment);
try {
  const ours = new Side(await demo.url(), demo.app, demo.up);
  const theirs = new Side(compose.url, compose.folder, () => compose.up());
  const emptyUps: number[] = [];
  await race(ours, theirs, rounds, async (round) => {
    // With the same clients beside it, which take most of a small machine.
    const { result } = await underLoad(compose.url, () => empty.up().then(succeeded));
    if (round > 0) emptyUps.push(result.seconds);
  });
  const emptyUp = median(emptyUps);
  show("Of that, what Pulumi itself takes", [
    ["pulumi up of an empty program", seconds(emptyUp)],
    ["ratio to it and Compose together", (ours.seconds / (theirs.seconds + emptyUp)).toFixed(2)],
  ]);
} finally {
  await compose.remove();
  await empty.remove();
  await demo.stack.remove();
}
