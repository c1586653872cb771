import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

// The script that prepares the volumes of a task, run by this machine's shell; its image's busybox is as POSIX as that. That the image is
// built, and fills volumes on ECS, is shown end to end.

const script = join(import.meta.dirname, "../../../../components/aws/prepare/prepare");
const me = `${process.getuid?.()}:${process.getgid?.()}`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "prepare-"));
  await mkdir(join(folder, "seed/deep"), { recursive: true });
  await writeFile(join(folder, "seed/deep/file"), "content", { mode: 0o640 });
  await writeFile(join(folder, "seed/.hidden"), "");
  await chmod(join(folder, "seed"), 0o1770);
  await mkdir(join(folder, "volume"));
});

afterEach(() => rm(folder, { recursive: true }));

function prepare(steps: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return promisify(execFile)("sh", [script, ...steps], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(join(folder, path))).mode & 0o7777).toString(8);
}

it("fills an empty volume with content, links and modes, that of the folder itself too", async () => {
  await symlink("deep/file", join(folder, "seed/link"));
  await prepare(["seed", "seed", "volume"]);
  expect((await readdir(join(folder, "volume"))).sort()).toEqual([".hidden", "deep", "link"]);
  expect(await readFile(join(folder, "volume/link"), "utf8")).toBe("content");
  expect([await modeOf("volume"), await modeOf("volume/deep/file")]).toEqual(["1770", "640"]);
});

it("leaves a volume alone that has something in it", async () => {
  await writeFile(join(folder, "volume/PG_VERSION"), "17");
  await prepare(["seed", "seed", "volume"]);
  expect(await readdir(join(folder, "volume"))).toEqual(["PG_VERSION"]);
  expect(await modeOf("volume")).toBe("755");
});

it("fills a volume again where that was interrupted", async () => {
  await writeFile(join(folder, "volume/.retrofit-unfinished"), "");
  await writeFile(join(folder, "volume/.hidden"), "half");
  await prepare(["seed", "seed", "volume"]);
  expect((await readdir(join(folder, "volume"))).sort()).toEqual([".hidden", "deep"]);
  expect(await readFile(join(folder, "volume/.hidden"), "utf8")).toBe("");
});

it("writes files with mode and owner, byte by byte, and in the place of those before", async () => {
  const text = 'two\nlines, "quotes" and $HOME \\n';
  const bytes = Buffer.from([0, 1, 255]);
  const values = { FILE_0: text, FILE_1: bytes.toString("base64") };
  const steps = [
    ...["file", "0400", me, "volume/a/secret", "FILE_0"],
    ...["file", "0444", me, "volume/bytes", "FILE_1:base64"],
  ];
  await prepare(steps, { ...values, FILE_0: "before" });
  await prepare(steps, values);
  expect(await readFile(join(folder, "volume/a/secret"), "utf8")).toBe(text);
  expect(await readFile(join(folder, "volume/bytes"))).toEqual(bytes);
  expect([await modeOf("volume/a"), await modeOf("volume/a/secret")]).toEqual(["755", "400"]);
  expect(await readdir(join(folder, "volume/a"))).toEqual(["secret"]);
});

it("fails on what it is not given", async () => {
  await expect(prepare(["file", "0400", me, "volume/secret", "FILE_0"])).rejects.toThrow("FILE_0: is not set");
  await expect(prepare(["seed", "seed", "elsewhere"])).rejects.toThrow("elsewhere: not mounted");
  await expect(prepare(["mount"])).rejects.toThrow("mount: not known");
  expect(await readdir(join(folder, "volume"))).toEqual([]);
});

it.each([
  ["/data", "an absolute link"],
  ["/var/run/db", "a link on the way, relative"],
  ["/opt/../data/", "steps back"],
  ["/plain", "no link"],
])("takes what an image has at %s: %s", async (path) => {
  const image = join(folder, "image");
  for (const each of ["run/db", "srv/deep", "plain", "var"]) await mkdir(join(image, each), { recursive: true });
  for (const each of ["run/db", "srv/deep", "plain"]) await writeFile(join(image, each, "file"), "content");
  await symlink("../run", join(image, "var/run"));
  await symlink("/srv/deep", join(image, "data"));
  await prepare(["take", image, path, "seeds/taken"]);
  expect(await readdir(join(folder, "seeds/taken"))).toEqual(["file"]);
});

it("takes an empty folder where the image has none, and gives up on links in a circle", async () => {
  const image = join(folder, "image");
  await mkdir(image);
  await symlink("b", join(image, "a"));
  await symlink("a", join(image, "b"));
  await prepare(["take", image, "/nowhere/at/all", "seeds/none"]);
  expect([await modeOf("seeds/none"), await readdir(join(folder, "seeds/none"))]).toEqual(["755", []]);
  await expect(prepare(["take", image, "/a", "seeds/circle"])).rejects.toThrow("/a: too many links");
});
