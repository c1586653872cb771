import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { daemonProcess, logOf, processFields, startDaemon, stopDaemon } from "../../../tools/services/daemon.mjs";
import { alive, SetupError } from "../../../tools/step.mjs";

const name = "sleeper";
const stopping = { patience: 30_000, kill: false };
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "services-"));
  await mkdir(join(cache, "run"));
});

afterEach(async () => {
  await stopDaemon(cache, name, { patience: 30_000, kill: true });
  await rm(cache, { recursive: true });
});

function start(script: string, answers = async () => true, patience = 30_000) {
  return startDaemon(cache, { name, command: "/bin/sh", args: ["-c", script], env: process.env }, answers, patience);
}

/** No shell: it would become another program after it was remembered. */
function sleeper() {
  const daemon = { name, command: "/bin/sleep", args: ["60"], env: process.env };
  return startDaemon(cache, daemon, async () => true, 30_000);
}

function recordFile() {
  return join(cache, "run", `${name}.json`);
}

describe("startDaemon", () => {
  it("returns once it answers, with its output in the log", async () => {
    const ready = join(cache, "ready");
    await start(`echo hello; sleep 0.3; touch ${ready}; exec sleep 60`, async () => existsSync(ready));
    expect(existsSync(ready)).toBe(true);
    expect(await readFile(logOf(cache, name), "utf8")).toBe("hello\n");
  });

  it("says how it ended and what it said last, not what an earlier one said", async () => {
    await writeFile(logOf(cache, name), "earlier\n");
    const failure = await start("echo no such device >&2; exit 3", async () => false).catch((error) => error);
    expect(failure).toBeInstanceOf(SetupError);
    expect(failure.message).toBe(
      `sh did not start: exit code 3\n    no such device\n    (all of it: ${logOf(cache, name)})`,
    );
  });

  it("gives up on one that does not answer", async () => {
    await expect(start("exec sleep 60", async () => false, 300)).rejects.toThrow(
      "sh did not start: it does not answer within 0.3 s",
    );
  });

  it("says that there is no such program", async () => {
    const daemon = { name, command: "/nonexistent", args: [], env: process.env };
    await expect(startDaemon(cache, daemon, async () => true, 30_000)).rejects.toThrow("spawn /nonexistent ENOENT");
  });

  it("keeps a long log aside", async () => {
    await writeFile(logOf(cache, name), Buffer.alloc(10_000_001, "x"));
    await start("echo new; exec sleep 60", async () => (await readFile(logOf(cache, name), "utf8")) !== "");
    expect(await readFile(logOf(cache, name), "utf8")).toBe("new\n");
    expect(existsSync(`${logOf(cache, name)}.old`)).toBe(true);
  });
});

describe("daemonProcess and stopDaemon", () => {
  it("find and end what was started", async () => {
    await sleeper();
    const pid = (await daemonProcess(cache, name)) ?? 0;
    expect(alive(pid)).toBe(true);
    expect(await stopDaemon(cache, name, stopping)).toBe(true);
    expect(alive(pid)).toBe(false);
    expect(await daemonProcess(cache, name)).toBeUndefined();
    expect(await stopDaemon(cache, name, stopping)).toBe(false);
  });

  it.each([
    ["started at another time", { start: "1" }],
    ["of another program", { program: "other" }],
    ["of an earlier boot", { boot: "00000000-0000-0000-0000-000000000000" }],
  ])("leave a process alone that has the number now, but was %s", async (_, change) => {
    await sleeper();
    const pid = (await daemonProcess(cache, name)) ?? 0;
    const record = await readFile(recordFile(), "utf8");
    await writeFile(recordFile(), JSON.stringify({ ...JSON.parse(record), ...change }));
    expect(await daemonProcess(cache, name)).toBeUndefined();
    expect(await stopDaemon(cache, name, stopping)).toBe(false);
    expect(alive(pid)).toBe(true);
    await writeFile(recordFile(), record);
  });

  it("kill only where that is allowed", async () => {
    const ready = join(cache, "ready");
    const stubborn = `trap '' TERM; touch ${ready}; while :; do sleep 0.1; done`;
    await start(stubborn, async () => existsSync(ready));
    await expect(stopDaemon(cache, name, { patience: 300, kill: false })).rejects.toThrow("has not ended within 0.3 s");
    expect(await stopDaemon(cache, name, { patience: 2000, kill: true })).toBe(true);
  });
});

describe("processFields", () => {
  it("is not misled by the name of a program", () => {
    const fields = ["S", ...Array.from({ length: 18 }, (_, index) => String(index)), "4242", "0"];
    expect(processFields(`17 (a) b) ${fields.join(" ")}`)).toEqual({ state: "S", start: "4242" });
  });
});
