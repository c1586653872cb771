import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What lies at a path in the folder that an image is built from. */
export type ContextEntry =
  | { readonly kind: "file"; readonly content: string | Buffer; readonly mode: number }
  /** A file or folder of this machine, copied but for the paths left out. */
  | { readonly kind: "copy"; readonly source: string; readonly without: readonly string[] }
  | { readonly kind: "link"; readonly target: string };

/** Write the folder that an image is built from, by path in it: the same content each time, and nothing else in it. */
export function writeContext(folder: string, context: ReadonlyMap<string, ContextEntry>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, entry] of context) {
    const target = join(folder, path);
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
