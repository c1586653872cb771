// @ts-check
import { settled } from "./run.mjs";
import { refuseSecrets, withoutSecrets } from "./state.mjs";

/**
 * The state of a stack for previews without credentials.
 * @param {import("./run.mjs").Session} session @param {import("./stacks.mjs").Stack} stack
 * @param {any} document What `pulumi stack export --show-secrets` says.
 * @returns {Promise<{ state: any, unsettled?: string }>} `unsettled`: why previews against it show changes that are none.
 */
export async function stateForPreviews(session, stack, document) {
  const state = withoutSecrets(document);
  try {
    const better = await settled(session, stack, state);
    refuseSecrets(better, document);
    return { state: better };
  } catch (error) {
    return { state, unsettled: /** @type {Error} */ (error).message };
  }
}
