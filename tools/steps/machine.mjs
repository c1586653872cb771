// @ts-check
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../context.mjs";
import { goToolPath } from "../goTool.mjs";
import { credentialGcr } from "../versions.mjs";

const recipe = join(root, "embedded", "gcp", "machine");

/** The image of the embedded cloud's machines, by what its recipe says. @returns {string} */
export function machineImage() {
  const hash = createHash("sha256").update(credentialGcr.version);
  for (const file of filesIn(recipe)) hash.update(`${relative(recipe, file)}\0`).update(readFileSync(file));
  return `retrofit-gcp-machine:${hash.digest("hex").slice(0, 12)}`;
}

/** @param {string} folder @returns {string[]} Sorted. */
function filesIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return names.filter((path) => statSync(path).isFile()).sort();
}

/** What the virtual machines of the embedded cloud boot from. @type {import("../step.mjs").Step} */
export const machine = {
  name: "machine",
  title: "the embedded cloud's machines",
  slow: "an image of Debian's packages, about 1 min",
  async missing(context) {
    const image = machineImage();
    const found = await context.run("docker", ["image", "inspect", "--format", "{{.Id}}", image], { quiet: true }).then(
      () => true,
      () => false,
    );
    return found ? undefined : `${image} is not built`;
  },
  async install(context) {
    const folder = await mkdtemp(join(tmpdir(), "retrofit-machine-"));
    try {
      await cp(recipe, folder, { recursive: true });
      const name = "docker-credential-gcr";
      await copyFile(goToolPath(context.cache, name, credentialGcr.version), join(folder, name));
      await context.run("docker", ["build", "--force-rm", "--tag", machineImage(), folder]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
