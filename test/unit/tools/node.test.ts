import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

// Some releases of Node (24.9 among them) never end to colour a stack line that names a file directly in a scope's folder,
// as the Pulumi SDK's source maps do. The SDK inspects every error of a program so: each then costs 20 s and 1 GB.
it("the pinned Node inspects an error of the Pulumi SDK at once", () => {
  const script = `const error = new Error("x");
    error.stack = "Error: x\\n    at Stack.a (/app/node_modules/@pulumi/resource.ts:1598:22)";
    process.stdout.write(process.version + require("node:util").inspect(error, { colors: true }).length);`;
  const node = join(import.meta.dirname, "../../../node_modules/.bin/node");
  const { stdout, signal } = spawnSync(node, ["--eval", script], { encoding: "utf8", timeout: 15_000 });
  expect(signal).toBeNull();
  expect(stdout).toMatch(/^v24\.\d+\.\d+\d\d$/);
});
