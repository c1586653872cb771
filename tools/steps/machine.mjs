// @ts-check
import { join } from "node:path";
import { root } from "../context.mjs";
import { goToolPath } from "../goTool.mjs";
import { imageStep, recipeImage } from "../imageStep.mjs";
import { credentialGcr } from "../versions.mjs";

const recipe = join(root, "embedded", "gcp", "machine");

/** The image of the embedded cloud's machines, by what its recipe says. @returns {string} */
export function machineImage() {
  return recipeImage("retrofit-gcp-machine", recipe, credentialGcr.version);
}

/** What the virtual machines of the embedded cloud boot from. */
export const machine = imageStep({
  name: "machine",
  title: "the embedded cloud's machines",
  slow: "an image of Debian's packages, about 1 min",
  recipe,
  image: machineImage,
  files: ({ cache }) => [goToolPath(cache, "docker-credential-gcr", credentialGcr.version)],
});
