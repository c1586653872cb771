import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureScript } from "../../../embedded/aws/runtime/files/scripts.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
});
afterEach(() => rm(folder, { recursive: true }));

const creation = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, permissions: "0755" };

/** The script with the folder in the place of its volume. */
function ensure(given: Parameters<typeof ensureScript>[0]): Promise<unknown> {
  return promisify(execFile)("sh", ["-c", ensureScript(given).replaceAll("/fs/", `${folder}/`)]);
}

const mode = async () => ((await stat(join(folder, "files/db"))).mode & 0o777).toString(8);

it("makes a folder with owner and permissions once, and leaves them to whoever changes them", async () => {
  await ensure({ path: "/db", creation });
  expect(await mode()).toBe("755");
  // As PostgreSQL does.
  await chmod(join(folder, "files/db"), 0o700);
  await ensure({ path: "/db", creation });
  expect(await mode()).toBe("700");
});

it("fails where there is no such folder and none may be made", async () => {
  await expect(ensure({ path: "/db", creation: undefined })).rejects.toThrow("Command failed");
});
