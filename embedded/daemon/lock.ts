import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Takes the lock of a folder for this process, until it ends. @returns false where another daemon has it */
export function takeLock(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(own, file)) break;
      const holder = readText(file);
      if (isDaemon(Number(holder))) return false;
      if (holder !== undefined) removeStale(file);
    }
  } finally {
    // The folder goes with a daemon that ends meanwhile.
    rmSync(own, { force: true });
  }
  process.on("exit", () => {
    if (pidIn(file) === process.pid) rmSync(file);
  });
  return true;
}

/** Removes what an ended process has left, unless another has taken its place since. */
function removeStale(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (isDaemon(pidIn(aside))) linked(aside, file);
  rmSync(aside);
}

/** Puts a file that is written already into a place, in one step. @returns false where there is one */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function pidIn(file: string): number {
  return Number(readText(file));
}

/** Whether a process is a daemon of an embedded cloud: a number may be given to another process later. */
export function isDaemon(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return /embedded\/\w+\/daemon\/main\.ts/.test(readText(`/proc/${pid}/cmdline`) ?? "");
}

/** @returns undefined where there is none, or none any more */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
