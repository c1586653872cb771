/** `npm run bench -- scale`: the first preview of compose files of 10, 30 and 100 services. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TestStack } from "../test/support/stack.ts";
import { median, table } from "./measure.ts";

const sizes = [10, 30, 100];
const runs = 3;

const stack = await TestStack.create({ app: "" });
const file = join(stack.folder, "compose.yaml");
await stack.configure({ app: file });
try {
  const rows = [["services", "preview", "a service more"]];
  let before: { size: number; seconds: number } | undefined;
  for (const size of sizes) {
    const services = Array.from(
      { length: size },
      (_, i) => `  s${i}:\n    image: debian:trixie-slim\n    command: [sleep, infinity]\n`,
    );
    await writeFile(file, `name: scale\nservices:\n${services.join("")}`);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const started = performance.now();
      const outcome = await stack.preview();
      if (!outcome.ok) throw new Error(outcome.messages);
      times.push((performance.now() - started) / 1000);
    }
    const seconds = median(times);
    const slope = before && `${(((seconds - before.seconds) / (size - before.size)) * 1000).toFixed(0)} ms`;
    rows.push([`${size}`, `${seconds.toFixed(2)} s`, slope ?? ""]);
    before = { size, seconds };
  }
  console.log(table(rows));
} finally {
  await stack.remove();
}
