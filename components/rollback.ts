import { cli } from "../userError.ts";
import { lastOutputs } from "./lastOutputs.ts";

/**
 * How to go back to the release before, for the end of an error message.
 *
 * @param images the release that failed: image references by service
 * @param before the release that last came up
 * @returns nothing where that one ran the same images, or there was none
 */
export function rollbackHint(
  images: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): string {
  const changed = Object.entries(before).filter(([service, image]) => service in images && images[service] !== image);
  if (changed.length === 0) return "";
  const commands = changed.map(
    ([service, image]) => `    ${cli} config set --path 'retrofit:images.${service}' ${image}\n`,
  );
  return `\nTo go back to the release before:\n${commands.join("")}    ${cli} up\nand when it is mended: ${cli} config rm retrofit:images`;
}

/** The images of the last release that came up: a failed one leaves the stack's outputs as they were. */
export async function lastRelease(): Promise<Readonly<Record<string, string>>> {
  const { images = {} } = await lastOutputs();
  return images as Readonly<Record<string, string>>;
}
