import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** Content by path, relative and without `..`. */
export type Files = ReadonlyMap<string, string | Buffer>;

/** A tar.gz of files in the order of their paths; the same bytes for the same files, whenever and wherever it is made. */
export async function archiveOf(files: Files): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of sortedFiles(files)) archive.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  archive.finalize();
  const compressed = gzipSync(await buffer(archive), { level: 9 });
  compressed[9] = 255; // the byte that names the operating system: unknown
  return compressed;
}

export function sortedFiles(files: Files): [string, string | Buffer][] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A text of lines. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
