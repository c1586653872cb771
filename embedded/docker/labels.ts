import type { Plain, PlainMap } from "../core/value.ts";

/** `[{ label, value }]` as the engine wants it. */
export function labelMap(list: Plain | undefined): Record<string, string> {
  return Object.fromEntries(((list ?? []) as PlainMap[]).map(({ label, value }) => [label as string, value as string]));
}

/** The engine's labels as the provider's inputs have them. */
export function labelList(map: Readonly<Record<string, string>> | null | undefined): PlainMap[] {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
