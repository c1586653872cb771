import {
  type PackageFacts,
  type PropertyFacts,
  parseType,
  propertyFacts,
  type ResourceFacts,
  type TypeSpec,
} from "./facts.ts";
import type { Observed } from "./handler.ts";
import {
  containsSecret,
  isBookkeeping,
  isMap,
  type Plain,
  type PlainMap,
  reveal,
  revealAll,
  Secret,
  UNKNOWN,
  type Value,
  type ValueMap,
} from "./value.ts";

/**
 * The outputs to keep in state: the inputs in the program's own words, then what was observed. A property that holds a
 * secret in the inputs is secret as a whole, as with Pulumi's bridged providers, because a set may come back reordered.
 */
export function stateOf(resource: ResourceFacts, inputs: ValueMap, outputs: PlainMap): ValueMap {
  const secrets = Object.values(inputs).some(containsSecret);
  const state: ValueMap = {};
  const properties: ValueMap = { ...withoutBookkeeping(inputs), ...outputs };
  for (const [key, value] of Object.entries(properties)) {
    const facts = factsOf(resource, key);
    const secret = facts.secret || (facts.echoesInputs && secrets) || containsSecret(inputs[key] ?? null);
    state[key] = secret && reveal(value) !== null ? new Secret(revealAll(value)) : value;
  }
  return state;
}

/**
 * What a preview of a creation can say: inputs as they are, everything that the provider fills in unknown.
 * @param types of nested objects
 */
export function previewOf(resource: ResourceFacts, inputs: ValueMap, types: PackageFacts["types"] = {}): ValueMap {
  const state = stateOf(resource, inputs, {});
  for (const [key, value] of Object.entries({ ...resource.inputs, ...resource.outputs })) {
    const { t, computed } = propertyFacts(value);
    const given = state[key];
    if (given !== undefined) state[key] = withUnknown(types, parseType(t), given);
    else if (computed || key in resource.outputs) state[key] = UNKNOWN;
  }
  return state;
}

/** The value with what the provider fills in at any depth. */
function withUnknown(types: PackageFacts["types"], type: TypeSpec, value: Value): Value {
  if (value instanceof Secret) return new Secret(withUnknown(types, type, value.value));
  if (type.kind === "list" && Array.isArray(value)) return value.map((item) => withUnknown(types, type.of, item));
  if (type.kind !== "object" || !isMap(value)) return value;
  const filled: ValueMap = { ...value };
  for (const [key, facts] of Object.entries(types[type.name] ?? {})) {
    const { t, computed } = propertyFacts(facts);
    const given = filled[key];
    if (given !== undefined) filled[key] = withUnknown(types, parseType(t), given);
    else if (computed) filled[key] = UNKNOWN;
  }
  return filled;
}

/** The inputs after a refresh: what drifted takes the place of what was asked for, and counts as given. */
export function driftedInputs(inputs: ValueMap, drift: Readonly<Record<string, Plain>>): ValueMap {
  const result: ValueMap = { ...inputs };
  for (const [key, value] of Object.entries(drift)) {
    if (value === null) delete result[key];
    else result[key] = containsSecret(inputs[key] ?? null) ? new Secret(value) : value;
  }
  const defaults = inputs.__defaults;
  if (Array.isArray(defaults)) result.__defaults = defaults.filter((name) => !((reveal(name) as string) in drift));
  return result;
}

/** State of a resource that was read, and its inputs. */
export function readState(
  resource: ResourceFacts,
  inputs: ValueMap,
  observed: Observed,
): { state: ValueMap; inputs: ValueMap } {
  const refreshed = driftedInputs(inputs, observed.drift ?? {});
  return { state: stateOf(resource, refreshed, observed.outputs), inputs: refreshed };
}

function factsOf(resource: ResourceFacts, key: string): PropertyFacts {
  return propertyFacts(resource.inputs[key] ?? resource.outputs[key] ?? "any");
}

function withoutBookkeeping(values: ValueMap): ValueMap {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !isBookkeeping(key))
      .map(([key, value]) => [key, stripped(value)]),
  );
}

/** Bookkeeping belongs to the inputs only. */
function stripped(value: ValueMap[string]): ValueMap[string] {
  if (value instanceof Secret) return new Secret(stripped(value.value));
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value === "object" && value !== null) return withoutBookkeeping(value);
  return value;
}
