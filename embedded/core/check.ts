import { type AutoNameRequest, autoName } from "./autoname.ts";
import {
  type PackageFacts,
  type PropertyFacts,
  parseType,
  propertyFacts,
  type ResourceFacts,
  type TypeSpec,
  typeProperties,
} from "./facts.ts";
import { formatOf } from "./formats.ts";
import {
  containsSecret,
  containsUnknown,
  isBookkeeping,
  isMap,
  plain,
  reveal,
  Secret,
  UNKNOWN,
  type Value,
  type ValueMap,
} from "./value.ts";

/** Why an input is refused; `property` is a path such as `ports[0].internal`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

export interface Checked {
  readonly inputs: ValueMap;
  readonly failures: readonly CheckFailure[];
}

type Properties = Readonly<Record<string, PropertyFacts | string>>;

/**
 * Checks a resource's inputs against the facts, names it and fills in defaults. What was filled in is listed under
 * `__defaults` in every object, as Pulumi's bridged providers do: the real plugin recognises generated names by it.
 */
export function checkResource(
  facts: PackageFacts,
  resource: ResourceFacts,
  news: ValueMap,
  olds: ValueMap,
  naming: AutoNameRequest,
): Checked {
  const failures: CheckFailure[] = [];
  const named = nameResource(resource, news, olds, naming, failures);
  const inputs = new Checker(facts, failures).object(resource.inputs, { ...news, ...named }, "");
  const generated = Object.keys(named);
  return { inputs: { ...inputs, __defaults: [...(inputs.__defaults as string[]), ...generated].sort() }, failures };
}

/**
 * Checks a provider's own configuration, as `configValues` reads it, and finds what of it holds a secret, whether or not
 * the program says so.
 */
export function checkConfig(
  facts: PackageFacts,
  config: ValueMap,
): { readonly failures: readonly CheckFailure[]; readonly secrets: ReadonlySet<string> } {
  const failures: CheckFailure[] = [];
  const texts = Object.entries(config).map(([key, value]) => [key, asText(facts.config[key], value)]);
  const checked = new Checker(facts, failures).object(facts.config, Object.fromEntries(texts) as ValueMap, "");
  const secrets = Object.keys(checked).filter((key) => containsSecret(checked[key] ?? null));
  return { failures, secrets: new Set(secrets) };
}

/** A text that looks like a number is one in a stack's file, unless it is quoted: an account's id. */
function asText(facts: PropertyFacts | string | undefined, value: Value): Value {
  const type = facts === undefined ? undefined : parseType(propertyFacts(facts).t);
  const element = type?.kind === "list" ? type.of : type;
  const text = (each: Value) => (element?.kind === "string" && typeof each === "number" ? String(each) : each);
  return Array.isArray(value) ? value.map(text) : text(value);
}

function nameResource(
  resource: ResourceFacts,
  news: ValueMap,
  olds: ValueMap,
  naming: AutoNameRequest,
  failures: CheckFailure[],
): ValueMap {
  const named: ValueMap = {};
  for (const [property, facts] of Object.entries(resource.autoName ?? {})) {
    if (isGiven(news[property])) continue;
    const old = olds[property];
    if (old !== undefined && isGiven(old) && defaultsOf(olds).has(property)) {
      named[property] = old;
      continue;
    }
    const result = autoName(facts, naming);
    if ("name" in result) named[property] = result.name;
    else failures.push({ property, reason: `${property} ${result.problem}` });
  }
  return named;
}

/** Names of the properties that the provider and not the program filled in. */
export function defaultsOf(inputs: ValueMap): ReadonlySet<string> {
  const list = inputs.__defaults;
  return new Set(Array.isArray(list) ? list.filter((name) => typeof name === "string") : []);
}

function isGiven(value: Value | undefined): boolean {
  return value !== undefined && reveal(value) !== null;
}

class Checker {
  readonly #facts: PackageFacts;
  readonly #failures: CheckFailure[];
  /** Whether what is checked is part of a secret, and never to be repeated in an error. */
  readonly #secret: boolean;

  constructor(facts: PackageFacts, failures: CheckFailure[], secret = false) {
    this.#facts = facts;
    this.#failures = failures;
    this.#secret = secret;
  }

  object(properties: Properties, values: ValueMap, path: string): ValueMap {
    const checked: ValueMap = {};
    const defaults: string[] = [];
    const given = Object.entries(values).filter(([key, value]) => !isBookkeeping(key) && isGiven(value));
    for (const [key, value] of given) {
      const facts = properties[key];
      const where = join(path, key);
      if (facts === undefined) this.#fail(where, unknownProperty(key, Object.keys(properties)));
      else checked[key] = this.#property(propertyFacts(facts), value, where);
    }
    for (const [key, value] of Object.entries(properties)) {
      const facts = propertyFacts(value);
      if (key in checked) continue;
      if (facts.def !== undefined) {
        checked[key] = facts.def;
        defaults.push(key);
      } else if (facts.req) this.#fail(join(path, key), "is required");
    }
    return { ...checked, __defaults: defaults.sort() };
  }

  #property(facts: PropertyFacts, value: Value, path: string): Value {
    if (facts.unsupported !== undefined) {
      this.#fail(
        path,
        `is not implemented by this stand-in for the ${this.#facts.package} provider: ${facts.unsupported}`,
      );
      return value;
    }
    const given = formatOf(this.#facts, facts.format)?.json ? asJson(value) : value;
    const checked = this.#value(parseType(facts.t), facts, given, path);
    return facts.secret && checked !== UNKNOWN ? new Secret(checked) : checked;
  }

  #value(type: TypeSpec, facts: PropertyFacts, value: Value, path: string): Value {
    if (value instanceof Secret) {
      return new Secret(new Checker(this.#facts, this.#failures, true).#value(type, facts, value.value, path));
    }
    if (value === UNKNOWN) return value;
    if (type.kind === "any") return typeof value === "string" ? this.#string(facts, value, path) : value;
    switch (type.kind) {
      case "list":
        if (!Array.isArray(value)) return this.#wrong(path, "a list", value);
        return value.map((item, index) => this.#value(type.of, facts, item, `${path}[${index}]`));
      case "map": {
        if (!isMap(value)) return this.#wrong(path, "a map", value);
        const entries = Object.entries(value).filter(([key]) => !isBookkeeping(key));
        return Object.fromEntries(
          entries.map(([key, item]) => [key, this.#value(type.of, facts, item, `${path}["${key}"]`)]),
        );
      }
      case "object":
        if (!isMap(value)) return this.#wrong(path, "an object", value);
        return this.object(typeProperties(this.#facts, type.name), value, path);
      case "string":
        return typeof value === "string" ? this.#string(facts, value, path) : this.#wrong(path, "a string", value);
      case "boolean":
        return typeof value === "boolean"
          ? this.#allowed(facts, value, path)
          : this.#wrong(path, "true or false", value);
      default:
        return this.#number(type.kind, facts, value, path);
    }
  }

  #string(facts: PropertyFacts, value: string, path: string): string {
    const problem = this.#stringProblem(facts, value);
    if (problem !== undefined) this.#fail(path, problem);
    return value;
  }

  #number(kind: "integer" | "number", facts: PropertyFacts, value: Value, path: string): Value {
    if (typeof value !== "number") return this.#wrong(path, kind === "integer" ? "a whole number" : "a number", value);
    if (kind === "integer" && !Number.isInteger(value)) return this.#wrong(path, "a whole number", value);
    if (facts.min !== undefined && value < facts.min) {
      this.#fail(path, `must be ${facts.min} or more${this.#secret ? "" : `, not ${value}`}`);
    }
    if (facts.max !== undefined && value > facts.max) {
      this.#fail(path, `must be ${facts.max} or less${this.#secret ? "" : `, not ${value}`}`);
    }
    return this.#allowed(facts, value, path);
  }

  #allowed(facts: PropertyFacts, value: boolean | number, path: string): Value {
    if (facts.oneOf !== undefined && !facts.oneOf.includes(value)) {
      this.#fail(path, `must be ${facts.oneOf.length > 1 ? "one of " : ""}${facts.oneOf.join(", ")}, not ${value}`);
    }
    return value;
  }

  #stringProblem(facts: PropertyFacts, value: string): string | undefined {
    const shown = this.#secret || facts.secret ? "" : `, not "${value}"`;
    if (facts.pattern !== undefined && !new RegExp(facts.pattern).test(value)) {
      return `must be ${facts.expect ?? `a match of ${facts.pattern}`}${shown}`;
    }
    return formatOf(this.#facts, facts.format)?.problem?.(value, shown);
  }

  #wrong(path: string, expected: string, value: Value): Value {
    this.#fail(path, `must be ${expected}, not ${describe(value)}`);
    return value;
  }

  #fail(property: string, reason: string): void {
    this.#failures.push({ property, reason: `${property} ${reason}` });
  }
}

/** Maps and lists as JSON text; unknown or secret as a whole where a part of them is. */
function asJson(value: Value): Value {
  if (value instanceof Secret) return new Secret(asJson(value.value));
  if (typeof value !== "object" || value === null) return value;
  if (containsUnknown(value)) return UNKNOWN;
  const text = JSON.stringify(plain({ value }).value);
  return containsSecret(value) ? new Secret(text) : text;
}

function describe(value: Value): string {
  if (Array.isArray(value)) return "a list";
  if (isMap(value)) return "an object";
  return value === null ? "null" : `a ${typeof value}`;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function unknownProperty(key: string, known: readonly string[]): string {
  const closest = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = closest && closest.distance <= Math.max(1, key.length / 3) ? `; did you mean ${closest.name}?` : "";
  return `is no property here${hint}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
