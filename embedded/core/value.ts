import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";

/** A value that is known only after its resource has been created; seen in previews. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A value that must never appear in plain text in state, logs or output. */
export class Secret {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value instanceof Secret ? value.value : value;
  }
}

/** A property value as the engine sends it, with secrets and unknown values marked. */
export type Value = null | boolean | number | string | typeof UNKNOWN | Secret | Value[] | ValueMap;
export interface ValueMap {
  [key: string]: Value;
}

/** A property value without marks: what handlers work with. */
export type Plain = null | boolean | number | string | Plain[] | PlainMap;
export interface PlainMap {
  [key: string]: Plain;
}

// The engine's wire format: sdk/go/common/resource/plugin/rpc.go and sdk/go/common/resource/sig.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_STRINGS = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // list
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Reads the engine's wire format. An absent struct is an empty map. */
export function fromStruct(struct: Struct | undefined): ValueMap {
  return struct ? fromWireMap(struct.toJavaScript() as Record<string, unknown>) : {};
}

/** Writes the engine's wire format. */
export function toStruct(values: ValueMap): Struct {
  return structs.Struct.fromJavaScript(toWire(values) as Parameters<typeof Struct.fromJavaScript>[0]);
}

function fromWireMap(raw: Record<string, unknown>): ValueMap {
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, fromWire(value)]));
}

function fromWire(raw: unknown): Value {
  if (typeof raw === "string") return UNKNOWN_STRINGS.has(raw) ? UNKNOWN : raw;
  if (Array.isArray(raw)) return raw.map(fromWire);
  if (raw === null || typeof raw !== "object") return (raw ?? null) as Value;
  const map = raw as Record<string, unknown>;
  if (map[SIGNATURE] === SECRET_SIGNATURE) return new Secret(fromWire(map.value));
  if (map[SIGNATURE] === OUTPUT_SIGNATURE) {
    const value = "value" in map ? fromWire(map.value) : UNKNOWN;
    return map.secret ? new Secret(value) : value;
  }
  return fromWireMap(map);
}

function toWire(value: Value): unknown {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (value instanceof Secret) return { [SIGNATURE]: SECRET_SIGNATURE, value: toWire(value.value) };
  if (Array.isArray(value)) return value.map(toWire);
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toWire(item)]));
  return value;
}

/** Whether the value is a map, neither a list nor a mark. */
export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/** The value without the outermost secret mark. */
export function reveal(value: Value): Exclude<Value, Secret> {
  return value instanceof Secret ? reveal(value.value) : value;
}

/** The value without any secret mark, at any depth; unknown values stay. */
export function revealAll(value: Value): Value {
  const bare = reveal(value);
  if (Array.isArray(bare)) return bare.map(revealAll);
  if (isMap(bare)) return Object.fromEntries(Object.entries(bare).map(([key, item]) => [key, revealAll(item)]));
  return bare;
}

/** Whether any part of the value satisfies the test. */
function contains(value: Value, test: (part: Value) => boolean): boolean {
  if (test(value)) return true;
  if (value instanceof Secret) return contains(value.value, test);
  if (Array.isArray(value)) return value.some((item) => contains(item, test));
  return isMap(value) && Object.values(value).some((item) => contains(item, test));
}

export function containsSecret(value: Value): boolean {
  return contains(value, (part) => part instanceof Secret);
}

export function containsUnknown(value: Value): boolean {
  return contains(value, (part) => part === UNKNOWN);
}

/**
 * The values without marks and without the bookkeeping (`__defaults`, `__meta`) that Pulumi's bridged providers keep in
 * state.
 * @throws when a value is still unknown: the engine never asks to create or change with one.
 */
export function plain(values: ValueMap): PlainMap {
  return toPlain(values) as PlainMap;
}

function toPlain(value: Value): Plain {
  const bare = reveal(value);
  if (bare === UNKNOWN) throw new Error("a value is still unknown");
  if (Array.isArray(bare)) return bare.map(toPlain);
  if (isMap(bare)) {
    const entries = Object.entries(bare).filter(([key, item]) => !isBookkeeping(key) && reveal(item) !== null);
    return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item)]));
  }
  return bare;
}

/** Whether the key is bookkeeping of Pulumi's bridged providers and no property. */
export function isBookkeeping(key: string): boolean {
  return key.startsWith("__");
}

/** Whether two values are the same, secrecy and bookkeeping aside. Unknown values equal nothing, not even themselves. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  const x = a === undefined ? null : reveal(a);
  const y = b === undefined ? null : reveal(b);
  if (x === UNKNOWN || y === UNKNOWN) return false;
  if (Array.isArray(x)) return Array.isArray(y) && x.length === y.length && x.every((item, i) => same(item, y[i]));
  if (isMap(x)) {
    if (!isMap(y)) return false;
    const keys = new Set([...Object.keys(x), ...Object.keys(y)].filter((key) => !isBookkeeping(key)));
    return [...keys].every((key) => same(x[key], y[key]));
  }
  return x === y;
}
