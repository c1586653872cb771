import { isBookkeeping, reveal, Secret, type Value, type ValueMap } from "./value.ts";

/**
 * A provider's configuration as values: whatever is no string arrives as JSON text. Text that is no JSON stays as it is.
 * The keys that the engine itself adds are left out.
 */
export function configValues(raw: ValueMap): ValueMap {
  const { version: _version, pluginDownloadURL: _url, ...own } = raw;
  return Object.fromEntries(
    Object.entries(own)
      .filter(([key]) => !isBookkeeping(key))
      .map(([key, value]) => [key, decoded(value)]),
  );
}

function decoded(value: Value): Value {
  if (value instanceof Secret) return new Secret(decoded(value.value));
  const text = reveal(value);
  // A host or a path is never taken for a number or a word of JSON.
  if (typeof text !== "string" || !/^\s*([[{]|true\s*$|false\s*$)/.test(text)) return value;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return value;
  }
}
