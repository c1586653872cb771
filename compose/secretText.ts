import type { SecretText, Text } from "./model.ts";

// Private-use characters: nobody types them, YAML and JSON carry them as they are.
const OPEN = "\uE000";
const CLOSE = "\uE001";
const PLACEHOLDER = /\uE000([^\uE000\uE001]*)\uE001/g;

/** What stands in Compose's input for the value of the secret `name`, so that the value itself never gets there. */
export function placeholder(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

/** Names of the secrets whose placeholders stand in `text`. */
export function secretsIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "");
}

/** The same text fit for a message: `${NAME}` in the place of a placeholder, also where Go quoted it. */
export function showPlaceholders(text: string): string {
  return text
    .replaceAll(/\\u[eE]000/g, OPEN)
    .replaceAll(/\\u[eE]001/g, CLOSE)
    .replaceAll(PLACEHOLDER, (_, name) => `\${${name}}`);
}

/**
 * Text as it came out of Compose: public when it holds no placeholder, otherwise secret as a whole with its pieces in order.
 * `known` gives the values of those secrets that are not supplied later by name; `secret` makes text without a placeholder secret too. An empty text
 * is no secret.
 */
export function toText(value: string, known: Readonly<Record<string, string>> = {}, secret = false): Text {
  const pieces: SecretText["secret"][number][] = [];
  let end = 0;
  for (const match of value.matchAll(PLACEHOLDER)) {
    if (match.index > end) pieces.push(value.slice(end, match.index));
    const name = match[1] ?? "";
    pieces.push(known[name] ?? { name });
    end = match.index + match[0].length;
  }
  if (pieces.length === 0 && !secret) return value;
  if (end < value.length) pieces.push(value.slice(end));
  // Nothing to keep secret, and the clouds keep no empty secret.
  return pieces.every((piece) => piece === "") ? "" : { secret: pieces };
}

/** Names of the variables that a text interpolates, as Compose reads it: `$NAME`, `${NAME}`, `${NAME:-default}`; `$$` is a dollar sign. */
export function variablesOf(raw: string): string[] {
  const names: string[] = [];
  for (const match of raw.matchAll(/\$(?:\$|\{?([A-Za-z_][A-Za-z0-9_]*))/g)) if (match[1]) names.push(match[1]);
  return names;
}
