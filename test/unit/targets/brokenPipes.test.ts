import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

// What the SDK does: it reports each error that nobody caught, that of a report too.
const reporting =
  "process.on('uncaughtException', (error) => console.log(String(error))); setInterval(() => {}, 1000);";

it("ends when nobody reads what it says", async () => {
  const preload = `data:text/javascript,${encodeURIComponent(reporting)}`;
  const program = spawn(process.execPath, ["--import", preload, "index.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    program.stdout.destroy();
    program.stderr.destroy();
    expect(await once(program, "exit", { signal: AbortSignal.timeout(30_000) })).toEqual([1, null]);
  } finally {
    program.kill("SIGKILL");
  }
});
