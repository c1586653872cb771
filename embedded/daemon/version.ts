import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Changes with the sources of a cloud: a daemon of others is started anew.
 * @param main `embedded/<cloud>/daemon/main.ts`
 */
export function sourceVersion(main: string): string {
  const cloud = dirname(dirname(main));
  const hash = createHash("sha256");
  for (const folder of ["core", "daemon", basename(cloud)]) {
    const path = join(dirname(cloud), folder);
    for (const file of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
      const each = join(path, file);
      if (statSync(each).isFile()) hash.update(file).update(readFileSync(each));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
