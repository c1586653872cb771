import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContext } from "../../../tools/context.mjs";
import { exclusively } from "../../../tools/lock.mjs";
import { explained, setUp } from "../../../tools/runner.mjs";
import { SetupError, type Step } from "../../../tools/step.mjs";

let cache: string;
let shown: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "retrofit-cache-"));
  shown = "";
});
afterEach(() => rm(cache, { recursive: true, force: true }));

function session() {
  const stream = new PassThrough().setEncoding("utf8").on("data", (text) => {
    shown += text;
  });
  const env = { ...process.env, RETROFIT_CACHE: cache };
  return createContext({ env, stream: stream as unknown as NodeJS.WriteStream });
}

/** A step that is missing until it is installed. */
function step(name: string, log: string[], present = false): Step {
  let installed = present;
  return {
    name,
    title: name.toUpperCase(),
    missing: async () => (installed ? undefined : `no ${name}`),
    install: async () => {
      log.push(name);
      installed = true;
    },
  };
}

describe("setUp", () => {
  it("installs what is missing, in order, and says so", async () => {
    const log: string[] = [];
    const steps = [step("a", log), step("b", log, true), step("c", log)];
    await setUp(session(), steps);
    expect(log).toEqual(["a", "c"]);
    expect(shown).toMatch(/^\[1\/3\] A: no a\n {6}done in \d+\.\d s\n\[2\/3\] B: present\n\[3\/3\] C: no c\n/);
  });

  it("says and does nothing where nothing is missing", async () => {
    const log: string[] = [];
    await setUp(session(), [step("a", log, true)]);
    expect(log).toEqual([]);
    expect(shown).toBe("");
  });

  it("asks a step again once those before it are installed", async () => {
    const log: string[] = [];
    const a = step("a", log);
    const b: Step = { ...step("b", log), missing: a.missing };
    await setUp(session(), [a, b]);
    expect(log).toEqual(["a"]);
  });

  it("stops at a step that fails, and names it with the mend", async () => {
    const log: string[] = [];
    const failing = {
      ...step("b", log),
      install: async () => {
        throw new SetupError("the disk is full", "Free 3 GB");
      },
    };
    const error = await setUp(session(), [step("a", log), failing, step("c", log)]).catch((reason) => reason);
    expect(explained(error, "/log")).toBe("\nB: the disk is full.\nMend: Free 3 GB.");
    expect(log).toEqual(["a"]);
  });

  it("does not believe an installation that leaves the step missing", async () => {
    const vain: Step = { ...step("a", []), install: async () => {} };
    await expect(setUp(session(), [vain])).rejects.toThrow("A: still missing after it was installed: no a");
  });

  it("shows the command that failed, its last lines and where the log is", async () => {
    const failing: Step = {
      ...step("a", []),
      install: async ({ run }) => {
        await run("sh", ["-c", "echo first; echo last >&2; exit 3"]);
      },
    };
    const error = await setUp(session(), [failing]).catch((reason) => reason);
    const log = join(cache, "run", "a.log");
    expect(explained(error, log)).toBe(
      `\nA: sh -c 'echo first; echo last >&2; exit 3': exit code 3\n    first\n    last\n    (all of it: ${log})\n` +
        "Mend: see what the command says above, then run this again: what is done stays done.",
    );
    expect(await readFile(log, "utf8")).toBe("$ sh -c 'echo first; echo last >&2; exit 3'\nfirst\nlast\n\n");
  });
});

describe("run", () => {
  it("gives standard output, and hands over input and environment", async () => {
    const { context } = session();
    const script = 'read line; echo "$line $GREETING"; echo noise >&2';
    expect(await context.run("sh", ["-c", script], { input: "hello\n", env: { GREETING: "there" } })).toBe(
      "hello there\n",
    );
  });

  it("ends a command, and what it has started, after its time", async () => {
    const { context } = session();
    const started = performance.now();
    const run = context.run("sh", ["-c", "sleep 30 & sleep 30"], { timeout: 200, quiet: true });
    await expect(run).rejects.toThrow("sh -c 'sleep 30 & sleep 30': no end within 200 ms");
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  it("says that a command is not there", async () => {
    await expect(session().context.run("no-such-command", [])).rejects.toThrow(
      "no-such-command: spawn no-such-command ENOENT",
    );
  });
});

describe("exclusively", () => {
  it("lets one at a time work", async () => {
    const log: string[] = [];
    const work = (name: string) =>
      exclusively(
        cache,
        () => log.push(`${name} waits`),
        async () => {
          log.push(`${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, 50));
          log.push(`${name} ends`);
        },
      );
    await Promise.all([work("one"), work("two")]);
    expect(log.filter((line) => !line.endsWith("waits"))).toEqual(["one begins", "one ends", "two begins", "two ends"]);
    expect(log).toContain("two waits");
  });

  it("is freed by a process that is killed", async () => {
    const lock = join(import.meta.dirname, "../../../tools/lock.mjs");
    const script = `import { exclusively } from ${JSON.stringify(lock)};
      await exclusively(${JSON.stringify(cache)}, () => {}, () => new Promise(() => {
        console.log("locked");
        setInterval(() => {}, 1000);
      }));`;
    const holder = spawn("node", ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    let waited = false;
    const mine = exclusively(
      cache,
      () => {
        waited = true;
        holder.kill("SIGKILL");
      },
      async () => "mine",
    );
    expect(await mine).toBe("mine");
    expect(waited).toBe(true);
  });
});
