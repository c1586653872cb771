import type { Plain } from "./value.ts";

/** What is known of one property of a resource, or of a nested object, in the real provider. */
export interface PropertyFacts {
  /** `string`, `boolean`, `integer`, `number`, `any`, `X[]`, `{X}` (a map of X), or `type:Name` (a key of `types`). */
  readonly t: string;
  /** Must be given. */
  readonly req?: boolean;
  /** A change replaces the resource. On a list of objects: a change of its length; leaves carry their own flag. */
  readonly replace?: boolean;
  /** The real provider only records a change without applying it; here the resource is replaced instead. */
  readonly replaceHere?: boolean;
  /** Can be set and changed in place, but not taken away: that replaces the resource. */
  readonly resetReplaces?: boolean;
  /** Always secret, in inputs and outputs. */
  readonly secret?: boolean;
  /** Filled in when absent. */
  readonly def?: Plain;
  /** The order of the list means nothing. */
  readonly set?: boolean;
  /** A regular expression that strings must match. */
  readonly pattern?: string;
  /** What the pattern means, for the error: "one of no, always". */
  readonly expect?: string;
  /** Least number allowed. */
  readonly min?: number;
  /** Greatest number allowed. */
  readonly max?: number;
  /** The only values allowed. */
  readonly oneOf?: readonly Plain[];
  /** How strings are compared and checked: a key of the package's `formats`, or one of the core's. */
  readonly format?: string;
  /** Filled in by the provider when absent: unknown in a preview of a creation. */
  readonly computed?: boolean;
  /** The output may repeat any input, as a log does: it is secret as soon as one input is. */
  readonly echoesInputs?: boolean;
  /** Why this implementation refuses the property. */
  readonly unsupported?: string;
}

/** What is known of one resource type in the real provider. */
export interface ResourceFacts {
  readonly inputs: Readonly<Record<string, PropertyFacts | string>>;
  /** Outputs that are no inputs. */
  readonly outputs: Readonly<Record<string, PropertyFacts | string>>;
  /** How a name is made when none is given; by property. */
  readonly autoName?: Readonly<Record<string, AutoNameFacts>>;
  /** Outputs that do not change for the life of the resource. */
  readonly stable?: readonly string[];
  /** The old resource is deleted before its successor is created. */
  readonly deleteBeforeReplace?: boolean;
  /** Why this implementation refuses the whole resource type. */
  readonly unsupported?: string;
}

export interface AutoNameFacts {
  /** Most characters in all. */
  readonly max: number;
  /** Between the resource's name and the random part. */
  readonly sep: string;
  /** Number of random hexadecimal digits. */
  readonly digits: number;
  /** Whether the resource's name is put in lower case. */
  readonly lower?: boolean;
}

/** How strings of a property are checked and compared. */
export interface Format {
  /** Why a text is refused: "must be ...". @param shown the text, as it may be repeated; empty where it is secret */
  problem?(text: string, shown: string): string | undefined;
  /** Whether two texts mean the same. */
  equal?(a: string, b: string): boolean;
  /** Whether a map or list may be given, which becomes JSON text, as Pulumi's bridged providers have it. */
  readonly json?: boolean;
}

/** What is known of a provider: data, formats aside, so that one core serves every cloud. */
export interface PackageFacts {
  /** Package name as in type tokens: `docker`. */
  readonly package: string;
  /** Version of the SDK that the facts describe. */
  readonly version: string;
  readonly config: Readonly<Record<string, PropertyFacts | string>>;
  readonly resources: Readonly<Record<string, ResourceFacts>>;
  readonly functions: Readonly<Record<string, unknown>>;
  /** How strings are checked and compared that only this package has. */
  readonly formats?: Readonly<Record<string, Format>>;
  readonly types: Readonly<Record<string, Readonly<Record<string, PropertyFacts | string>>>>;
}

/** The type of a property, parsed. */
export type TypeSpec =
  | { readonly kind: "string" | "boolean" | "integer" | "number" | "any" }
  | { readonly kind: "list" | "map"; readonly of: TypeSpec }
  | { readonly kind: "object"; readonly name: string };

/** The long form of a property's facts: `"string"` is short for `{ t: "string" }`. */
export function propertyFacts(facts: PropertyFacts | string): PropertyFacts {
  return typeof facts === "string" ? { t: facts } : facts;
}

/**
 * Parses a type such as `type:Port[]`.
 * @throws on a type that the facts' legend does not know.
 */
export function parseType(text: string): TypeSpec {
  if (text.endsWith("[]")) return { kind: "list", of: parseType(text.slice(0, -2)) };
  if (text.startsWith("{") && text.endsWith("}")) return { kind: "map", of: parseType(text.slice(1, -1)) };
  if (text.startsWith("type:")) return { kind: "object", name: text.slice(5) };
  if (text === "string" || text === "boolean" || text === "integer" || text === "number" || text === "any") {
    return { kind: text };
  }
  throw new Error(`unknown type in facts: ${text}`);
}

/** The properties of a nested object type. */
export function typeProperties(facts: PackageFacts, name: string): Readonly<Record<string, PropertyFacts | string>> {
  const properties = facts.types[name];
  if (!properties) throw new Error(`unknown type in facts: type:${name}`);
  return properties;
}
