import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContext } from "../../../tools/context.mjs";
import { imageStep, recipeImage } from "../../../tools/imageStep.mjs";

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retrofit-image-"));
  recipe = join(folder, "recipe");
  await mkdir(join(recipe, "files"), { recursive: true });
  await writeFile(join(recipe, "Dockerfile"), "FROM debian:trixie-slim\n");
  await writeFile(join(recipe, "files", "unit"), "one\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("recipeImage", () => {
  it("is named by all that goes into it", async () => {
    const first = recipeImage("machine", recipe, "1.0");
    expect(first).toMatch(/^machine:[0-9a-f]{12}$/);
    expect(recipeImage("machine", recipe, "1.0")).toBe(first);
    expect(recipeImage("machine", recipe, "1.1")).not.toBe(first);
    await writeFile(join(recipe, "files", "unit"), "two\n");
    expect(recipeImage("machine", recipe, "1.0")).not.toBe(first);
  });
});

describe("imageStep", () => {
  // An engine that has what was built with the files that were to be there.
  it("builds the image where it is not there, with what is put beside the Dockerfile", async () => {
    const tool = join(folder, "tool");
    await writeFile(tool, "built\n");
    const docker = `#!/bin/sh
case $1 in
  image) grep -qx "$5" ${folder}/images ;;
  build) [ -f "$5/files/unit" ] && [ -f "$5/tool" ] && [ -f "$5/Dockerfile" ] && echo "$4" >> ${folder}/images; echo "$5" > ${folder}/context ;;
esac
`;
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "docker"), docker);
    await chmod(join(folder, "bin", "docker"), 0o755);
    const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}`, RETROFIT_CACHE: join(folder, "cache") };
    const { context } = createContext({ env });
    const step = imageStep({ name: "m", title: "M", recipe, image: () => "m:1", files: () => [tool] });
    expect(await step.missing(context)).toBe("m:1 is not built");
    await step.install(context);
    expect(await step.missing(context)).toBeUndefined();
    const used = (await readFile(join(folder, "context"), "utf8")).trim();
    await expect(readFile(join(used, "Dockerfile"))).rejects.toThrow("ENOENT");
  });
});
