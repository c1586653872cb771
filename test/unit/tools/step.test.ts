import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addToPath, alive, atLeast, atomically, which } from "../../../tools/step.mjs";

describe("atLeast", () => {
  it.each([
    ["3.255.0", "3.255.0", true],
    ["v3.255.0", "3.255.0", true],
    ["3.256.0-alpha.1", "3.255.0", true],
    ["3.99.9", "3.255.0", false],
    ["v2.40.3-desktop.1", "2.20.0", true],
    ["2.20", "2.20.0", true],
    ["go1.26.8", "1.26.0", true],
    ["go1.19.8", "1.26.0", false],
    ["go1.27rc1", "1.26.0", true],
    ["", "1.0", false],
    ["dev", "1.0", false],
  ])("%s against %s: %s", (version, minimum, expected) => {
    expect(atLeast(version, minimum)).toBe(expected);
  });
});

describe("addToPath", () => {
  it("puts a folder first, once", () => {
    const env: NodeJS.ProcessEnv = { PATH: "/usr/bin:/opt/tool:/bin" };
    addToPath(env, "/opt/tool");
    addToPath(env, "/opt/tool");
    expect(env.PATH).toBe("/opt/tool:/usr/bin:/bin");
  });

  it("makes a PATH where there is none", () => {
    const env: NodeJS.ProcessEnv = {};
    addToPath(env, "/opt/tool");
    expect(env.PATH).toBe("/opt/tool");
  });
});

describe("in a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-step-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("which finds the first executable, and no other file", async () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    await mkdir(first);
    await mkdir(second);
    await writeFile(join(first, "tool"), "", { mode: 0o644 });
    await writeFile(join(second, "tool"), "", { mode: 0o755 });
    expect(await which({ PATH: `${first}::${second}` }, "tool")).toBe(join(second, "tool"));
    expect(await which({ PATH: first }, "tool")).toBeUndefined();
    expect(await which({}, "tool")).toBeUndefined();
  });

  it("atomically replaces a file and a folder", async () => {
    const file = join(folder, "file");
    await writeFile(file, "old");
    await atomically(file, async (partial) => {
      expect(await readFile(file, "utf8")).toBe("old");
      await writeFile(partial, "new");
    });
    expect(await readFile(file, "utf8")).toBe("new");

    const target = join(folder, "target");
    for (const name of ["one", "two"])
      await atomically(target, async (partial) => {
        await mkdir(partial);
        await writeFile(join(partial, name), "");
      });
    expect(await readdir(target)).toEqual(["two"]);
  });

  it("atomically leaves what was there, and nothing beside it, when making fails", async () => {
    const file = join(folder, "file");
    await writeFile(file, "old");
    const failing = atomically(file, async (partial) => {
      await writeFile(partial, "half");
      throw new Error("no space left");
    });
    await expect(failing).rejects.toThrow("no space left");
    expect(await readdir(folder)).toEqual(["file"]);
    expect(await readFile(file, "utf8")).toBe("old");
  });

  it("atomically removes what a dead process left, and keeps what a living one is making", async () => {
    const dead = spawnSync("true").pid;
    expect(alive(dead)).toBe(false);
    const left = [`tool.${dead}.partial`, `tool.${dead}.partial.module`, `tool.${process.ppid}.partial`, "tool-2"];
    for (const name of left) await writeFile(join(folder, name), "");
    await atomically(join(folder, "tool"), (partial) => writeFile(partial, ""));
    expect((await readdir(folder)).sort()).toEqual(["tool", "tool-2", `tool.${process.ppid}.partial`]);
  });
});
