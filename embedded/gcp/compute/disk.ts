import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";

export const diskType = "gcp:compute/disk:Disk";

const gigabyte = 1024 ** 3;

/** Name of a disk's file. @param id `projects/p/zones/z/disks/d` */
export function diskFile(id: string): string {
  const [, project, , zone, , name] = id.split("/");
  return `${project}_${zone}_${name}.raw`;
}

/** Makes the file, or makes it larger. It takes no room but for what is written. @param size GB */
export function sizeDisk(file: string, size: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, existsSync(file) ? "r+" : "wx", 0o600);
  try {
    ftruncateSync(descriptor, size * gigabyte);
  } finally {
    closeSync(descriptor);
  }
}

export function removeDisk(file: string): void {
  rmSync(file, { force: true });
}
