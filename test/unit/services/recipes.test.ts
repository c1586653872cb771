import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderContent, placeInRegistry, recipeHashes, recipes } from "../../../tools/images/recipes.mjs";

describe("placeInRegistry", () => {
  it.each([
    ["debian:trixie-slim", "library/debian", "trixie-slim"],
    ["bitnami/redis:8", "bitnami/redis", "8"],
    ["ghcr.io/ferretdb/ferretdb:1.24", "ferretdb/ferretdb", "1.24"],
    ["localhost:5000/team/app:1", "team/app", "1"],
  ])("%s: %s, %s", (image, repository, tag) => {
    expect(placeInRegistry(image)).toEqual({ repository, tag });
  });
});

describe("recipeHashes", () => {
  it("are the same for the same machine and differ with its certificates and mirrors", async () => {
    const first = await recipeHashes({ "/etc/pip.conf": "a" });
    expect([...first.keys()]).toEqual(recipes.map(({ image }) => image));
    expect(new Set(first.values()).size).toBe(recipes.length);
    expect(await recipeHashes({ "/etc/pip.conf": "a" })).toEqual(first);
    const second = await recipeHashes({ "/etc/pip.conf": "b" });
    for (const { image } of recipes) expect(second.get(image)).not.toBe(first.get(image));
  });
});

describe("folderContent", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "recipe-"));
    await mkdir(join(folder, "files"));
    await writeFile(join(folder, "files", "run"), "#!/bin/sh\n");
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\n");
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("tells files, modes and links", async () => {
    const before = await folderContent(folder);
    expect(before).toContain("FROM scratch\n");
    await chmod(join(folder, "files", "run"), 0o755);
    const executable = await folderContent(folder);
    expect(executable).not.toEqual(before);
    await symlink("run", join(folder, "files", "link"));
    expect(await folderContent(folder)).not.toEqual(executable);
  });
});
