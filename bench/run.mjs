// @ts-check
/** `npm run bench -- <name>`: one of the benchmarks of this folder, with everything found; without a name, all of them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pulumiEnvironment } from "../tools/environment.mjs";

const all = ["aws", "gcp", "images", "preview", "release", "scale"];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}. Give some of: ${all.join(", ")}.`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : all) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync("node", [join(import.meta.dirname, `${name}.ts`)], {
    env: pulumiEnvironment(),
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
