// @ts-check
import { askPulumi } from "./cli.mjs";

/** @typedef {import("./runner.mjs").Session} Session */

/** What a stack has deployed, as `pulumi stack export` has it. @typedef {{ deployment: { resources?: { type: string, id?: string }[] | null } }} Exported */

/**
 * Ids of what a stack has deployed of a type.
 * @param {Session} session @param {string} stack @param {string} type `gcp:compute/instance:Instance`
 */
export async function deployedIds(session, stack, type) {
  return idsOf(JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack])), type);
}

/** @param {Exported} exported @param {string} type @returns {string[]} */
export function idsOf({ deployment }, type) {
  return (deployment.resources ?? []).flatMap((each) => (each.type === type && each.id ? [each.id] : []));
}
