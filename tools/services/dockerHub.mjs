// @ts-check
import { reasonOf } from "../download.mjs";

/** @typedef {import("../step.mjs").Context} Context */

/** Asked without a login, it answers 401. */
const address = "https://registry-1.docker.io/v2/";

/** Milliseconds that the answer may take. */
const patience = 4000;

/** @type {WeakMap<Context, Promise<string | undefined>>} */
const answers = new WeakMap();

/**
 * Why official images cannot be pulled from Docker Hub, undefined where they can. Asked once a run.
 * @param {Context} context @returns {Promise<string | undefined>}
 */
export function withoutDockerHub(context) {
  const known = answers.get(context);
  if (known) return known;
  const answer = dockerHubProblem(context.env);
  answers.set(context, answer);
  return answer;
}

/** The same, asked anew. @param {NodeJS.ProcessEnv} env @returns {Promise<string | undefined>} */
export async function dockerHubProblem(env) {
  if (env.RETROFIT_DOWNLOADS === "registries") return "RETROFIT_DOWNLOADS=registries";
  if (env.RETROFIT_DOWNLOADS === "official") return undefined;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patience) });
    const isRegistry = response.headers.get("docker-distribution-api-version") !== null;
    await response.body?.cancel();
    if (isRegistry && (response.ok || response.status === 401)) return undefined;
    return `${new URL(address).host}: HTTP ${response.status}`;
  } catch (error) {
    return `${new URL(address).host}: ${reasonOf(error)}`;
  }
}
