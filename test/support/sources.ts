import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./stack.ts";

/** Copies a folder of the project without what an earlier deployment has left in it; all of it where the sources came without git. */
export async function copySources(from: string, to: string): Promise<void> {
  const git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", from];
  const listed = await promisify(execFile)("git", git, { cwd: root }).catch(() => undefined);
  if (listed === undefined) return cp(join(root, from), to, { recursive: true });
  for (const file of listed.stdout.split("\0").filter((each) => each !== "" && existsSync(join(root, each)))) {
    await cp(join(root, file), join(to, file.slice(from.length + 1)), { recursive: true });
  }
}

/** @throws when the file does not have the text */
export async function replaceInFile(path: string, before: string, after: string): Promise<void> {
  const text = await readFile(path, "utf8");
  if (!text.includes(before)) throw new Error(`${path} does not have ${before}`);
  await writeFile(path, text.replace(before, after));
}
