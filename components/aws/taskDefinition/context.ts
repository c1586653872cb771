import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { ContextEntry, DerivedImage } from "./model.ts";

/** Write the folder that a derived image is built from: the same content each time, and nothing else in it. */
export function writeContext({ build, context }: DerivedImage): void {
  rmSync(build.context, { recursive: true, force: true });
  for (const [path, entry] of context) {
    const target = join(build.context, path);
    mkdirSync(dirname(target), { recursive: true });
    chmodSync(dirname(target), 0o755);
    write(entry, target);
  }
}

function write(entry: ContextEntry, target: string): void {
  switch (entry.kind) {
    case "file":
      writeFileSync(target, entry.content);
      chmodSync(target, entry.mode);
      break;
    case "link":
      symlinkSync(entry.target, target);
      break;
    case "copy": {
      const left = new Set(entry.without);
      cpSync(entry.source, target, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !left.has(relative(entry.source, source)),
      });
      makeReadable(target);
    }
  }
}

/** Owner and modes differ from machine to machine, and the container's user is another: everyone may read. */
function makeReadable(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name));
}
