import type { Config } from "../config.ts";
import { cli, type Problem } from "../userError.ts";

/** Where the program runs. */
export interface Surroundings {
  /** Names of the providers that are the embedded cloud's, as whoever attaches them says in RETROFIT_EMBEDDED. */
  readonly embedded: readonly string[];
  /** Nothing is made. */
  readonly preview: boolean;
}

/**
 * A stack of the embedded cloud belongs on no real one, and the other way round: what one has made the other does not know, and
 * would count as gone. Only a preview of a new stack may borrow the embedded provider, as that needs no account.
 */
export function wrongCloud(
  { target, embedded, file }: Pick<Config, "target" | "embedded" | "file">,
  { embedded: providers, preview }: Surroundings,
): Problem | undefined {
  if (target === "docker") return undefined;
  const attached = providers.includes(target);
  if (embedded && !attached) {
    return {
      where: `${file}: retrofit:embedded`,
      what: `this stack is for the embedded cloud, and the provider ${target} at hand is the real one`,
      mend: "Use npm run pulumi -- in place of pulumi: it attaches the embedded one",
    };
  }
  if (!embedded && attached && !preview) {
    return {
      where: `${file}: retrofit:target`,
      what: `this stack is for the real ${target}, and the provider at hand is the embedded cloud's`,
      mend: `Install the real one (${cli} plugin install resource ${target}) and run pulumi up, or set retrofit:embedded to true on a new stack`,
    };
  }
  return undefined;
}
