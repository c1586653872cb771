// @ts-check
/** Programs that this project starts in the background, and that outlive the command which started them. Linux only. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { atomically, SetupError } from "../step.mjs";
import { within } from "./within.mjs";

/**
 * What is remembered of a started program, in `<cache>/run/<name>.json`. A number alone may belong to another process by
 * now: boot and start time tell them apart.
 * @typedef {object} Record
 * @property {number} pid
 * @property {string} program Name of its executable.
 * @property {string} boot The kernel's id of this boot.
 * @property {string} start Clock ticks from boot to its start.
 */

/**
 * @typedef {object} Daemon
 * @property {string} name Names its record and its log.
 * @property {string} command Absolute path.
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} env
 */

/** Bytes of log above which a start begins a new one and keeps the old one aside. */
const longLog = 10_000_000;

/** @param {string} cache @param {string} name */
export function logOf(cache, name) {
  return join(cache, "run", `${name}.log`);
}

/** @param {string} cache @param {string} name */
function recordFile(cache, name) {
  return join(cache, "run", `${name}.json`);
}

/**
 * Starts a program and waits until it answers.
 * @param {string} cache @param {Daemon} daemon
 * @param {() => Promise<boolean>} answers @param {number} patience Milliseconds.
 */
export async function startDaemon(cache, { name, command, args, env }, answers, patience) {
  const log = logOf(cache, name);
  const size = (await stat(log).catch(() => undefined))?.size ?? 0;
  if (size > longLog) await rename(log, `${log}.old`);
  const file = await open(log, "a");
  const from = (await file.stat()).size;
  const child = spawn(command, args, { cwd: "/", env, detached: true, stdio: ["ignore", file.fd, file.fd] });
  /** @type {string | undefined} */
  let end;
  child.on("exit", (code, signal) => {
    end = signal ? `ended by ${signal}` : `exit code ${code}`;
  });
  try {
    await once(child, "spawn");
    await remember(cache, name, /** @type {number} */ (child.pid));
    child.unref();
    const started = await within(patience, async () => end !== undefined || (await answers()));
    if (started && end === undefined) return;
    const lines = (await readFile(log)).subarray(from).toString().trimEnd().split("\n").slice(-20);
    const reason = end ?? `it does not answer within ${patience / 1000} s`;
    throw new SetupError(
      `${basename(command)} did not start: ${reason}\n    ${lines.join("\n    ")}\n    (all of it: ${log})`,
      "Mend what it says and run again",
    );
  } finally {
    await file.close();
  }
}

/** @param {string} cache @param {string} name @param {number} pid */
async function remember(cache, name, pid) {
  const record = await identify(pid);
  if (record) await atomically(recordFile(cache, name), (partial) => writeFile(partial, `${JSON.stringify(record)}\n`));
}

/** The process that was started under this name and still runs. @param {string} cache @param {string} name */
export async function daemonProcess(cache, name) {
  const text = await readFile(recordFile(cache, name), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  /** @type {Record} */
  const record = JSON.parse(text);
  const now = await identify(record.pid);
  const same = now && now.program === record.program && now.boot === record.boot && now.start === record.start;
  return same ? record.pid : undefined;
}

/**
 * Ends a program that was started under this name, and no other.
 * @param {string} cache @param {string} name
 * @param {{ patience: number, kill: boolean }} options Milliseconds to end in, and whether it is killed after that.
 * @returns {Promise<boolean>} Whether one ran.
 */
export async function stopDaemon(cache, name, { patience, kill }) {
  const pid = await daemonProcess(cache, name);
  const ended = async () => (await daemonProcess(cache, name)) === undefined;
  if (pid !== undefined) {
    process.kill(pid, "SIGTERM");
    if (!(await within(patience, ended)) && kill) {
      process.kill(pid, "SIGKILL");
      await within(patience, ended);
    }
    if (!(await ended()))
      throw new SetupError(
        `${name} (process ${pid}) has not ended within ${patience / 1000} s`,
        `See ${logOf(cache, name)}`,
      );
  }
  await rm(recordFile(cache, name), { force: true });
  return pid !== undefined;
}

/** What tells a running process from all others. @param {number} pid @returns {Promise<Record | undefined>} */
async function identify(pid) {
  try {
    const [boot, status, program] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
      readlink(`/proc/${pid}/exe`),
    ]);
    const { state, start } = processFields(status);
    if (state === "Z") return undefined;
    return { pid, program: basename(program).replace(/ \(deleted\)$/, ""), boot: boot.trim(), start };
  } catch {
    return undefined;
  }
}

/** State and start time of `/proc/<pid>/stat`, whose second field may hold anything. @param {string} text */
export function processFields(text) {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", start: fields[19] ?? "" };
}
