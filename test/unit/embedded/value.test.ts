import fc from "fast-check";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import {
  containsSecret,
  containsUnknown,
  fromStruct,
  plain,
  revealAll,
  Secret,
  same,
  toStruct,
  UNKNOWN,
  type Value,
  type ValueMap,
} from "../../../embedded/core/value.ts";

const text = fc.string().filter((value) => !value.includes("-"));
const key = fc
  .string({ minLength: 1 })
  .filter((value) => !["__proto__", "4dabf18193072939515e22adb298388d"].includes(value));
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    text,
    fc.constant(UNKNOWN),
    tie("value").map((inner) => new Secret(inner)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const map = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });

describe("the engine's wire format", () => {
  it("comes back as it was written, whatever the value", () => {
    fc.assert(fc.property(map, (values) => void expect(fromStruct(toStruct(values))).toEqual(values)));
  });

  it("is what the engine's own libraries write: secrets, unknown values, outputs", () => {
    const struct = structs.Struct.fromJavaScript({
      secret: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" },
      unknown: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
      unknownList: "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
      output: { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", value: 1, secret: true },
      unknownOutput: { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" },
    });
    expect(fromStruct(struct)).toEqual({
      secret: new Secret("s"),
      unknown: UNKNOWN,
      unknownList: UNKNOWN,
      output: new Secret(1),
      unknownOutput: UNKNOWN,
    });
  });

  it("never holds a secret in two layers", () => {
    expect(new Secret(new Secret("s")).value).toBe("s");
  });

  it("has nothing for a struct that is not there", () => {
    expect(fromStruct(undefined)).toEqual({});
  });
});

describe("plain values", () => {
  it("are free of marks, of bookkeeping and of what is null", () => {
    const values: ValueMap = {
      a: new Secret({ b: new Secret("x"), c: null }),
      __defaults: ["a"],
      list: [{ __defaults: [], d: 1 }],
      gone: new Secret(null),
    };
    expect(plain(values)).toEqual({ a: { b: "x" }, list: [{ d: 1 }] });
  });

  it("cannot be had of what is unknown", () => {
    expect(() => plain({ a: [UNKNOWN] })).toThrow("a value is still unknown");
  });

  it("hold no secret after revealing all, whatever the value", () => {
    fc.assert(
      fc.property(value, (any) => {
        const revealed = revealAll(any);
        expect(containsSecret(revealed)).toBe(false);
        expect(containsUnknown(revealed)).toBe(containsUnknown(any));
      }),
    );
  });
});

describe("same", () => {
  it("holds for every known value and itself, and for its secret", () => {
    fc.assert(
      fc.property(
        value.filter((any) => !containsUnknown(any)),
        (any) => {
          expect(same(any, any)).toBe(true);
          expect(same(any, new Secret(any))).toBe(true);
        },
      ),
    );
  });

  it.each([
    ["absent and null", undefined, null, true],
    ["bookkeeping", { a: 1, __defaults: [] }, { a: 1 }, true],
    ["null and absent keys", { a: 1, b: null }, { a: 1 }, true],
    ["order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["order of a list", [1, 2], [2, 1], false],
    ["lists of other lengths", [1], [1, 1], false],
    ["text and number", "1", 1, false],
    ["list and map", [], {}, false],
    ["unknown and itself", UNKNOWN, UNKNOWN, false],
  ] as [string, Value | undefined, Value | undefined, boolean][])("%s", (_name, a, b, expected) => {
    expect(same(a, b)).toBe(expected);
    expect(same(b, a)).toBe(expected);
  });
});
