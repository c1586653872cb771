import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Takes the lock of a folder for this process, until it ends. @returns false where another daemon has it */
export function takeLock(file: string): boolean {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
      process.on("exit", () => {
        if (readText(file) === String(process.pid)) rmSync(file);
      });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isDaemon(Number(readText(file)))) return false;
    rmSync(file, { force: true });
  }
}

/** Whether a process is a daemon of an embedded cloud: a number may be given to another process later. */
export function isDaemon(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return /embedded\/\w+\/daemon\/main\.ts/.test(readText(`/proc/${pid}/cmdline`));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
