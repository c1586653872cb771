import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const sources = join(import.meta.dirname, "..", "..");

/** Changes with the sources of the embedded cloud: a daemon of others is started anew. */
export function sourceVersion(): string {
  const hash = createHash("sha256");
  for (const folder of ["core", "gcp"]) {
    const files = readdirSync(join(sources, folder), { recursive: true, encoding: "utf8" });
    for (const file of files.sort()) {
      const path = join(sources, folder, file);
      if (statSync(path).isFile()) hash.update(file).update(readFileSync(path));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
