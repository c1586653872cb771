/** `npm run bench -- preview`: a preview without a change, against the same of an empty TypeScript program. */
import { root } from "../test/support/stack.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { measure, median, type Run, table } from "./measure.ts";

const runs = 7;
const demo = await deployedDemo();
const empty = await EmptyProgram.create(root);
try {
  const ours: Run[] = [];
  const theirs: Run[] = [];
  for (let i = 0; i <= runs; i++) {
    const a = await demo.preview();
    const b = await measure("pulumi", ["preview"], empty.env, empty.folder);
    if (a.code !== 0 || b.code !== 0) throw new Error(`a preview failed: ${a.code}, ${b.code}`);
    // The first of each fills the caches.
    if (i > 0) {
      ours.push(a);
      theirs.push(b);
    }
  }
  const ratio = (figure: (run: Run) => number) => (median(ours.map(figure)) / median(theirs.map(figure))).toFixed(2);
  const cells = (all: Run[]) => [
    `${median(all.map(({ seconds }) => seconds)).toFixed(2)} s`,
    `${median(all.map(({ memory }) => memory)).toFixed(0)} MiB`,
  ];
  console.log(`No-op preview, medians of ${runs} runs; memory of the largest single process`);
  console.log(
    table([
      ["", "time", "memory"],
      ["flask-upload-demo on Docker", ...cells(ours)],
      ["empty program", ...cells(theirs)],
      ["ratio", ratio(({ seconds }) => seconds), ratio(({ memory }) => memory)],
    ]),
  );
} finally {
  await empty.remove();
  await demo.stack.remove();
}
