import { baseName } from "../names.ts";

/** Of the images that the embedded cloud has. */
export interface Image {
  readonly name: string;
  readonly family: string;
  readonly selfLink: string;
}

/** The newest of each family, as far as it matters here: all are the same machine. */
const build = "18867-199-28";
const families = /^cos-(stable|beta|dev|arm64-(?:stable|beta|dev)|\d{2,3}-lts|arm64-\d{2,3}-lts)$/;

/**
 * The image that a reference means: Container-Optimized OS by family or by name, in any of the forms that the provider takes.
 * @returns undefined for every other image: the embedded cloud has only this one operating system
 */
export function imageOf(reference: string): Image | undefined {
  if (!/(^|\/)cos-cloud\//.test(reference) && !/^(family\/)?cos-/.test(reference)) return undefined;
  const name = baseName(reference);
  if (families.test(name)) {
    const milestone = /\d+/.exec(name.replace("arm64", ""))?.[0] ?? "121";
    return image(`${name.replace(/-lts$/, "").replace(/-\d+$/, "")}-${milestone}-${build}`, name);
  }
  return /^cos-[a-z0-9-]+-\d+(-\d+)+$/.test(name) ? image(name, name.replace(/(-\d+)+$/, "")) : undefined;
}

/** GB of the image, below which no boot disk can be. */
export const imageSize = 10;

function image(name: string, family: string): Image {
  return {
    name,
    family,
    selfLink: `https://www.googleapis.com/compute/v1/projects/cos-cloud/global/images/${name}`,
  };
}
