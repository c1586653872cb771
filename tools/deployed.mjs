// @ts-check
import { askPulumi } from "./cli.mjs";

/** @typedef {import("./runner.mjs").Session} Session */

/** What a stack has deployed, as `pulumi stack export` has it. @typedef {{ deployment: { resources?: { type: string, id?: string }[] | null } }} Exported */

/**
 * Ids of what a stack has deployed of a type, none where there is no such stack.
 * @param {Session} session @param {string} stack @param {string} type `gcp:compute/instance:Instance`
 * @returns {Promise<string[]>}
 */
export async function deployedIds(session, stack, type) {
  const exported = await askPulumi(session, ["stack", "export", "--stack", stack]).catch((error) => {
    if (String(error.message).includes("no stack named")) return undefined;
    throw error;
  });
  if (exported === undefined) return [];
  /** @type {Exported} */
  const { deployment } = JSON.parse(exported);
  return (deployment.resources ?? []).flatMap((each) => (each.type === type && each.id ? [each.id] : []));
}
