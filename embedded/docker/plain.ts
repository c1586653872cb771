import type { PlainMap } from "../core/value.ts";

/** Without what says nothing: null, false, 0, empty text, lists and maps. `mustRun: false` is the exception that says something. */
export function withoutEmpty(values: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(values).filter(([key, value]) => {
      if (Array.isArray(value)) return value.length > 0;
      if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
      return key === "mustRun" ? value !== null : Boolean(value);
    }),
  );
}
