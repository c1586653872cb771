// @ts-check
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";

/**
 * Name of an image of this machine's engine, by what its recipe says.
 * @param {string} name @param {string} recipe Folder with a Dockerfile.
 * @param {string} [more] What else the image depends on, such as a version. @returns {string}
 */
export function recipeImage(name, recipe, more = "") {
  const hash = createHash("sha256").update(more);
  for (const file of filesIn(recipe)) hash.update(`${relative(recipe, file)}\0`).update(readFileSync(file));
  return `${name}:${hash.digest("hex").slice(0, 12)}`;
}

/** @param {string} folder @returns {string[]} Sorted. */
function filesIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return names.filter((path) => statSync(path).isFile()).sort();
}

/**
 * A step that builds such an image.
 * @param {Pick<import("./step.mjs").Step, "name" | "title" | "slow"> & {
 *   recipe: string,
 *   image: () => string,
 *   files?: (context: import("./step.mjs").Context) => readonly string[],
 * }} description `files`: paths of what is put beside the Dockerfile.
 * @returns {import("./step.mjs").Step}
 */
export function imageStep({ recipe, image, files = () => [], ...step }) {
  return {
    ...step,
    async missing(context) {
      const args = ["image", "inspect", "--format", "{{.Id}}", image()];
      const found = await context.run("docker", args, { quiet: true }).then(
        () => true,
        () => false,
      );
      return found ? undefined : `${image()} is not built`;
    },
    async install(context) {
      const folder = await mkdtemp(join(tmpdir(), `retrofit-${step.name}-`));
      try {
        await cp(recipe, folder, { recursive: true });
        for (const file of files(context)) await copyFile(file, join(folder, basename(file)));
        await context.run("docker", ["build", "--force-rm", "--tag", image(), folder]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
