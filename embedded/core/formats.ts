import { parseDuration } from "./duration.ts";
import type { Format, PackageFacts } from "./facts.ts";

/** Those that every package has. */
const formats: Readonly<Record<string, Format>> = {
  duration: {
    problem(text, shown) {
      const duration = parseDuration(text);
      if (duration === undefined) return `must be a duration such as 1m30s${shown}`;
      return duration < 0 ? `must not be negative${shown}` : undefined;
    },
    equal: (a, b) => (parseDuration(a) ?? a) === (parseDuration(b) ?? b),
  },
  base64: {
    problem: (text) => (Buffer.from(text, "base64").toString("base64") === text ? undefined : "must be base64"),
  },
  absolutePath: { problem: (text, shown) => (text.startsWith("/") ? undefined : `must be an absolute path${shown}`) },
  json: jsonFormat(),
};

/** A format of JSON texts, which mean the same in whatever order and layout. @param problem of the parsed value */
export function jsonFormat(problem?: (value: unknown) => string | undefined): Format {
  return {
    json: true,
    problem(text) {
      try {
        return problem?.(JSON.parse(text));
      } catch (error) {
        return `must be JSON: ${(error as Error).message}`;
      }
    },
    equal: (a, b) => canonical(a) === canonical(b),
  };
}

/** The format that a property's facts name. @throws where neither the package nor the core has it */
export function formatOf(facts: PackageFacts, name: string | undefined): Format | undefined {
  if (name === undefined) return undefined;
  const format = facts.formats?.[name] ?? formats[name];
  if (format === undefined) throw new Error(`unknown format in facts: ${name}`);
  return format;
}

function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** The value with the keys of its maps in order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
