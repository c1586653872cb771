import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { root } from "../../support/stack.ts";

let folder: string;
let file: string;
let daemons: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retrofit-lock-"));
  file = join(folder, "lock");
  daemons = [];
});
afterEach(async () => {
  await Promise.all(daemons.map(ended));
  await rm(folder, { recursive: true });
});

/** Starts what the lock takes for a daemon. @returns its answer, and its number as long as it lives */
async function take(): Promise<{ readonly taken: boolean; readonly daemon: ChildProcess }> {
  const program = `const { takeLock } = await import(${JSON.stringify(join(root, "embedded/daemon/lock.ts"))});
    process.on("SIGTERM", () => process.exit());
    setInterval(() => {}, 1000);
    console.log(takeLock(${JSON.stringify(file)}));`;
  const daemon = spawn("node", ["--input-type=module", "--eval", program, "embedded/test/daemon/main.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  daemons.push(daemon);
  const [answer] = await once(daemon.stdout, "data");
  return { taken: String(answer).trim() === "true", daemon };
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exit = once(daemon, "exit");
  daemon.kill();
  await exit;
}

it("is one daemon's until that ends", async () => {
  const first = await take();
  expect(first.taken).toBe(true);
  expect(await readFile(file, "utf8")).toBe(String(first.daemon.pid));
  expect((await take()).taken).toBe(false);
  await ended(first.daemon);
  expect((await take()).taken).toBe(true);
});

it.each([
  ["an ended process", "999999999"],
  ["a process that is no daemon", String(process.pid)],
  ["a full disk", ""],
])("is one daemon's, of several that find what %s has left", async (_, left) => {
  await writeFile(file, left);
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(take));
  expect(answers.filter(({ taken }) => taken)).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe(String(answers.find(({ taken }) => taken)?.daemon.pid));
  expect(await readdir(folder)).toEqual(["lock"]);
});
