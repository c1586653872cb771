/** A shape of JSON, for what comes as text or by the API: `?` optional, and unknown keys are refused. */
export type Shape =
  | "string"
  | "integer"
  | "boolean"
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly oneOf: readonly string[] }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** The first thing in which a value differs from a shape; `path` leads to it. */
export function mismatch(value: unknown, shape: Shape, path: string): string | undefined {
  if (shape === "integer") return Number.isInteger(value) ? undefined : `${path} must be a whole number`;
  if (typeof shape === "string") return typeof value === shape ? undefined : `${path} must be a ${shape}`;
  if ("oneOf" in shape) {
    return shape.oneOf.includes(value as string) ? undefined : `${path} must be one of ${shape.oneOf.join(", ")}`;
  }
  if ("list" in shape) {
    if (!Array.isArray(value)) return `${path} must be a list`;
    return first(value.map((item, index) => [item, shape.list, `${path}[${index}]`]));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} must be an object`;
  if ("map" in shape) return first(Object.entries(value).map(([key, item]) => [item, shape.map, `${path}.${key}`]));
  return first(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [item, shape.fields[key], `${path}.${key}`]),
  );
}

function first(parts: readonly (readonly [unknown, Shape | undefined, string])[]): string | undefined {
  for (const [value, shape, path] of parts) {
    const found = shape === undefined ? `${path} is unknown` : mismatch(value, shape, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
