// @ts-check
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";

/** Lines of output that an error shows. */
const shownLines = 20;

/** How to end what is running, with this process. @type {Set<() => void>} */
const running = new Set();

/** A command that failed: what was run, how it ended, its last lines. */
export class CommandError extends Error {
  /**
   * @param {string} command The whole line.
   * @param {string} end `exit code 2`, `ended by SIGKILL`, ...
   * @param {string} tail Its last lines.
   * @param {string} [log] File with all of its output.
   */
  constructor(command, end, tail, log) {
    const output = tail === "" ? "" : `\n${tail.replace(/^/gm, "    ")}`;
    super(`${command}: ${end}${output}${log ? `\n    (all of it: ${log})` : ""}`);
    this.name = "CommandError";
    this.command = command;
    this.end = end;
    this.tail = tail;
    this.log = log;
  }
}

/**
 * Runs a command in a process group of its own to its end and gives its standard output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, log?: string, input?: string, timeout?: number, onLine?: (line: string) => void }} options
 * @returns {Promise<string>}
 */
export async function runCommand(command, args, { cwd, env, log, input, timeout, onLine }) {
  const line = [command, ...args].map(quoted).join(" ");
  if (log) await mkdir(dirname(log), { recursive: true });
  const file = log ? createWriteStream(log, { flags: "a" }) : undefined;
  file?.write(`$ ${line}\n`);
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const { pid } = child;
  const end = () => pid && endGroup(pid, "SIGTERM");
  running.add(end);
  child.stdin.on("error", () => {}); // a command that does not read its input
  child.stdin.end(input ?? "");

  /** @type {string[]} */
  const tail = [];
  let stdout = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    let rest = "";
    stream.on("data", (/** @type {string} */ text) => {
      if (stream === child.stdout) stdout += text;
      file?.write(text);
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      for (const each of lines.filter((entry) => entry.trim() !== "")) keep(each);
    });
    stream.on("end", () => rest.trim() !== "" && keep(rest));
  }
  /** @param {string} each */
  function keep(each) {
    tail.push(each);
    if (tail.length > shownLines) tail.shift();
    onLine?.(each);
  }

  let timedOut = false;
  const timer = timeout
    ? setTimeout(() => {
        timedOut = true;
        if (pid) endGroup(pid, "SIGKILL");
      }, timeout)
    : undefined;
  try {
    await /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        child.on("error", (error) => reject(new CommandError(line, error.message, "", log)));
        child.on("close", (code, signal) => {
          if (code === 0) return resolve();
          const how = timedOut ? `no end within ${timeout} ms` : signal ? `ended by ${signal}` : `exit code ${code}`;
          reject(new CommandError(line, how, tail.join("\n"), log));
        });
      })
    );
  } finally {
    clearTimeout(timer);
    running.delete(end);
    file?.end("\n");
  }
  return stdout;
}

/**
 * Runs a command on the terminal of this process and gives its exit code.
 * @param {string} command @param {readonly string[]} args @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>}
 */
export function showCommand(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: "inherit" });
  const end = () => child.kill("SIGTERM");
  running.add(end);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(end);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/** Ends every running command; for the signal handlers of this process. */
export function endCommands() {
  for (const end of running) end();
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** @param {string} text */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
