import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { types } from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import { pack } from "tar-stream";

export type UploadInput = Unwrap<types.input.ContainerUpload>;

/**
 * A tar archive with the files to put into a container.
 * @throws when a file has no content or two, or belongs to somebody unknown on this machine
 */
export async function uploadArchive(uploads: readonly UploadInput[]): Promise<Buffer> {
  const archive = pack();
  for (const upload of uploads) {
    const header = {
      name: upload.file.replace(/^\/+/, ""),
      mode: Number.parseInt(upload.permissions ?? (upload.executable ? "0744" : "0644"), 8),
      uid: await numericId(upload.owner, "/etc/passwd", `the owner of ${upload.file}`),
      gid: await numericId(upload.group, "/etc/group", `the group of ${upload.file}`),
      mtime: new Date(),
    };
    archive.entry(header, await content(upload));
  }
  archive.finalize();
  return buffer(archive);
}

async function content({ file, content, contentBase64, source }: UploadInput): Promise<Buffer> {
  // An empty file is content too, as long as it is the only one given.
  const given = [content, contentBase64, source].filter((value) => value !== undefined);
  const full = given.filter((value) => value !== "");
  if (given.length === 0) throw new Error(`uploads: ${file} has no content; give content, contentBase64 or source`);
  if (full.length > 1) throw new Error(`uploads: ${file} has more than one of content, contentBase64 and source`);
  if (source) return readFile(source);
  return contentBase64 ? Buffer.from(contentBase64, "base64") : Buffer.from(content ?? "");
}

/** Names are those of this machine, as with the real provider; numbers are taken as they are. */
async function numericId(name: string | undefined, database: string, whose: string): Promise<number> {
  if (name === undefined || name === "") return 0;
  if (/^\d+$/.test(name)) return Number(name);
  const lines = (await readFile(database, "utf8")).split("\n");
  const entry = lines.map((line) => line.split(":")).find(([entryName]) => entryName === name);
  if (entry === undefined) throw new Error(`uploads: ${whose}, ${name}, is not in ${database}; give a number instead`);
  return Number(entry[2]);
}
