import { defaultsOf } from "./check.ts";
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
import { isBookkeeping, isMap, reveal, same, UNKNOWN, type Value, type ValueMap } from "./value.ts";

/** One changed property. */
export interface Change {
  /** Such as `ports[0].external`. */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** Whether the change replaces the resource. */
  readonly replace: boolean;
}

export interface ResourceDiff {
  readonly changes: readonly Change[];
  readonly deleteBeforeReplace: boolean;
}

type Properties = Readonly<Record<string, PropertyFacts | string>>;

/** Which inputs changed and whether the resource must be replaced for them. Both sides are checked inputs. */
export function diffResource(
  facts: PackageFacts,
  resource: ResourceFacts,
  olds: ValueMap,
  news: ValueMap,
  ignored: readonly string[] = [],
): ResourceDiff {
  const changes = new Differ(facts)
    .object(resource.inputs, olds, news, "")
    .filter(({ path }) => !ignored.some((prefix) => isUnder(path, prefix)));
  const replaces = changes.some(({ replace }) => replace);
  return {
    changes,
    deleteBeforeReplace: replaces && (resource.deleteBeforeReplace === true || keepsName(resource, olds, news)),
  };
}

/** A resource that keeps a name of the program's own cannot stand beside its successor. */
function keepsName(resource: ResourceFacts, olds: ValueMap, news: ValueMap): boolean {
  return Object.keys(resource.autoName ?? {}).some(
    (property) => !defaultsOf(news).has(property) && same(olds[property], news[property]),
  );
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || (path.startsWith(prefix) && /^[.[]/.test(path.slice(prefix.length)));
}

class Differ {
  readonly #facts: PackageFacts;

  constructor(facts: PackageFacts) {
    this.#facts = facts;
  }

  object(properties: Properties, olds: ValueMap, news: ValueMap, path: string): Change[] {
    const oldDefaults = defaultsOf(olds);
    const newDefaults = defaultsOf(news);
    const byDefault = (key: string) =>
      (oldDefaults.has(key) || !isSet(olds[key])) && (newDefaults.has(key) || !isSet(news[key]));
    // What the provider fills in by itself stays as it is when the program no longer says it.
    const leftAlone = (key: string) => propertyFacts(properties[key] ?? "any").computed && !isSet(news[key]);
    const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
    return [...keys]
      .filter((key) => !isBookkeeping(key) && !byDefault(key) && !leftAlone(key))
      .sort()
      .flatMap((key) => {
        const facts = propertyFacts(properties[key] ?? "any");
        return this.#value(parseType(facts.t), facts, olds[key], news[key], path === "" ? key : `${path}.${key}`);
      });
  }

  #value(type: TypeSpec, facts: PropertyFacts, old: Value | undefined, now: Value | undefined, path: string): Change[] {
    const a = old === undefined ? null : reveal(old);
    const b = now === undefined ? null : reveal(now);
    if (this.#equal(type, facts, a, b)) return [];
    const replace = facts.replace === true || facts.replaceHere === true;
    if (a === null || b === null || a === UNKNOWN || b === UNKNOWN) {
      const reset = facts.resetReplaces === true && b === null;
      const kind = a === null ? "add" : b === null ? "delete" : "update";
      return [{ path, kind, replace: replace || reset || this.#anyLeaf(type) }];
    }
    if (type.kind === "list" && Array.isArray(a) && Array.isArray(b)) return this.#list(type.of, facts, a, b, path);
    if (type.kind === "map" && isMap(a) && isMap(b)) {
      const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
      return keys.flatMap((key) => this.#value(type.of, facts, a[key], b[key], `${path}["${key}"]`));
    }
    if (type.kind === "object" && isMap(a) && isMap(b)) {
      const inner = this.object(typeProperties(this.#facts, type.name), a, b, path);
      return facts.replaceHere ? inner.map((change) => ({ ...change, replace: true })) : inner;
    }
    return [{ path, kind: "update", replace }];
  }

  #list(type: TypeSpec, facts: PropertyFacts, olds: readonly Value[], news: readonly Value[], path: string): Change[] {
    const equal = (a: Value, b: Value) => this.#equal(type, facts, a, b);
    const [before, after] = facts.set ? withoutCommon(olds, news, equal) : [indexed(olds), indexed(news)];
    const changes: Change[] = [];
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
      const a = before[i];
      const b = after[i];
      const index = b?.index ?? a?.index;
      changes.push(...this.#value(type, facts, a?.value, b?.value, `${path}[${index}]`));
    }
    return changes;
  }

  /** Whether a property within has a flag: a block that comes or goes takes its leaves along. */
  #anyLeaf(type: TypeSpec): boolean {
    if (type.kind === "list" || type.kind === "map") return this.#anyLeaf(type.of);
    if (type.kind !== "object") return false;
    return Object.values(typeProperties(this.#facts, type.name)).some((value) => {
      const facts = propertyFacts(value);
      return facts.replace || facts.replaceHere || this.#anyLeaf(parseType(facts.t));
    });
  }

  #equal(type: TypeSpec, facts: PropertyFacts, a: Value | undefined, b: Value | undefined): boolean {
    const x = a === undefined ? null : reveal(a);
    const y = b === undefined ? null : reveal(b);
    if (typeof x === "string" && typeof y === "string") {
      return x === y || (formatOf(this.#facts, facts.format)?.equal?.(x, y) ?? false);
    }
    if (type.kind === "list" && facts.set && Array.isArray(x) && Array.isArray(y)) {
      const [before, after] = withoutCommon(x, y, (p, q) => this.#equal(type.of, facts, p, q));
      return before.length === 0 && after.length === 0;
    }
    if (type.kind === "list" && Array.isArray(x) && Array.isArray(y)) {
      return x.length === y.length && x.every((item, index) => this.#equal(type.of, facts, item, y[index]));
    }
    if (type.kind === "object" && isMap(x) && isMap(y)) {
      return this.object(typeProperties(this.#facts, type.name), x, y, "").length === 0;
    }
    return same(x, y);
  }
}

function isSet(value: Value | undefined): boolean {
  return value !== undefined && reveal(value) !== null;
}

interface Indexed {
  readonly index: number;
  readonly value: Value;
}

function indexed(values: readonly Value[]): Indexed[] {
  return values.map((value, index) => ({ index, value }));
}

function withoutCommon(
  olds: readonly Value[],
  news: readonly Value[],
  equal: (a: Value, b: Value) => boolean,
): [Indexed[], Indexed[]] {
  const after = indexed(news);
  const before = indexed(olds).filter(({ value }) => {
    const match = after.findIndex((item) => equal(value, item.value));
    if (match >= 0) after.splice(match, 1);
    return match < 0;
  });
  return [before, after];
}
