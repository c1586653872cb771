import { mkdirSync, renameSync, rmSync } from "node:fs";

/** How often a folder may go under who uses it, before that is no chance any more. */
const tries = 100;

/**
 * Does something in the folder of a cloud, which is made where there is none.
 * @param act done again in the next folder where an ending daemon takes this one away meanwhile
 */
export function inFolder<T>(folder: string, act: () => T): T {
  for (let left = tries; ; left--) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || left === 0) throw error;
    }
  }
}

/** Takes a folder away in one step, so that nobody who comes meanwhile finds or leaves anything in it, and removes it then. */
export function removeFolder(folder: string): void {
  const aside = `${folder}.${process.pid}.gone`;
  renameSync(folder, aside);
  rmSync(aside, { recursive: true, force: true });
}
