// @ts-check
import { join } from "node:path";
import { root } from "../context.mjs";
import { imageStep, recipeImage } from "../imageStep.mjs";

const recipe = join(root, "embedded", "aws", "runtime", "image");

/** The image of what the embedded AWS itself runs, by what its recipe says. @returns {string} */
export function awsRuntimeImage() {
  return recipeImage("retrofit-aws-runtime", recipe);
}

/** What holds a task's network on the embedded AWS, and mounts its file systems. */
export const awsRuntime = imageStep({
  name: "aws-runtime",
  title: "the embedded AWS's networks and file systems",
  slow: "an image of Debian's packages, about 30 s",
  recipe,
  image: awsRuntimeImage,
});
