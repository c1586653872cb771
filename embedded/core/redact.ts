import { isMap, reveal, Secret, type Value, type ValueMap } from "./value.ts";

/** Shorter ones would be found in every other word. */
const shortest = 4;

/**
 * The text without the secrets among the inputs, for messages that may repeat what a program wrote: its log, its command.
 * Of a secret `NAME=value`, as in an environment, the value alone is one too.
 */
export function redacted(text: string, inputs: ValueMap): string {
  const secrets = [...new Set(secretTexts(inputs, false))].filter(({ length }) => length >= shortest);
  // Longer ones first: one may be part of another.
  return secrets
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

function secretTexts(value: Value, within: boolean): string[] {
  if (value instanceof Secret) return secretTexts(value.value, true);
  const bare = reveal(value);
  if (Array.isArray(bare)) return bare.flatMap((item) => secretTexts(item, within));
  if (isMap(bare)) return Object.values(bare).flatMap((item) => secretTexts(item, within));
  if (!within || typeof bare !== "string") return [];
  const equals = bare.indexOf("=");
  return equals < 0 ? [bare] : [bare, bare.slice(equals + 1)];
}
