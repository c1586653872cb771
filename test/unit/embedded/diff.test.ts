import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffResource } from "../../../embedded/core/diff.ts";
import { Secret, UNKNOWN, type ValueMap } from "../../../embedded/core/value.ts";
import { facts, lamp } from "./sampleFacts.ts";

const diff = (olds: ValueMap, news: ValueMap, ignored: string[] = []) => diffResource(facts, lamp, olds, news, ignored);

/** Changes as `kind path`, with `!` where they replace. */
const changes = (olds: ValueMap, news: ValueMap) =>
  diff(olds, news).changes.map(({ kind, path, replace }) => `${kind} ${path}${replace ? "!" : ""}`);

describe("what changed, and what replaces", () => {
  it.each([
    ["nothing", { colour: "red" }, { colour: "red" }, []],
    ["a value", { colour: "red" }, { colour: "green" }, ["update colour"]],
    ["a value that replaces", { socket: "E27" }, { socket: "E14" }, ["update socket!"]],
    ["a value that comes", {}, { colour: "red" }, ["add colour"]],
    ["a value that goes", { colour: "red" }, {}, ["delete colour"]],
    ["a value that becomes null", { colour: "red" }, { colour: null }, ["delete colour"]],
    ["a value that can be set in place", {}, { watts: 5 }, ["add watts"]],
    ["a value that cannot be taken away in place", { watts: 5 }, {}, ["delete watts!"]],
    ["a value that the provider fills in, and the program no longer says", { serial: "1" }, {}, []],
    ["another value of what the provider fills in", { serial: "1" }, { serial: "2" }, ["update serial"]],
    ["the same secret", { colour: new Secret("red") }, { colour: "red" }, []],
    ["another secret", { colour: new Secret("red") }, { colour: new Secret("green") }, ["update colour"]],
    ["an unknown value", { colour: "red" }, { colour: UNKNOWN }, ["update colour"]],
    ["an unknown value that may replace", { socket: "E27" }, { socket: UNKNOWN }, ["update socket!"]],
    ["an unknown list whose items may replace", { bulbs: [] }, { bulbs: UNKNOWN }, ["update bulbs!"]],
    ["durations in other words", { fade: "90s" }, { fade: "1m30s" }, []],
    ["another duration", { fade: "90s" }, { fade: "91s" }, ["update fade"]],
    [
      "a map",
      { tags: { a: "1", b: "2" } },
      { tags: { a: "1", b: "3", c: "4" } },
      ['update tags["b"]', 'add tags["c"]'],
    ],
    ["the order of a list", { steps: ["a", "b"] }, { steps: ["b", "a"] }, ["update steps[0]", "update steps[1]"]],
    ["the length of a list", { steps: ["a"] }, { steps: ["a", "b"] }, ["add steps[1]"]],
    ["the order of a set", { rooms: ["a", "b"] }, { rooms: ["b", "a"] }, []],
    ["an item more in a set", { rooms: ["a"] }, { rooms: ["b", "a"] }, ["add rooms[0]!"]],
    ["an item less in a set", { rooms: ["a", "b"] }, { rooms: ["b"] }, ["delete rooms[0]!"]],
    ["an item twice in a set", { rooms: ["a"] }, { rooms: ["a", "a"] }, ["add rooms[1]!"]],
    ["another item in a set", { rooms: ["a", "b"] }, { rooms: ["b", "c"] }, ["update rooms[1]!"]],
    [
      "the order of a set of objects",
      { bulbs: [{ size: "A" }, { size: "B" }] },
      { bulbs: [{ size: "B" }, { size: "A" }] },
      [],
    ],
    ["a leaf that replaces", { bulbs: [{ size: "A" }] }, { bulbs: [{ size: "B" }] }, ["update bulbs[0].size!"]],
    [
      "a leaf that does not, in a list whose length replaces",
      { bulbs: [{ size: "A", label: "x" }] },
      { bulbs: [{ size: "A", label: "y" }] },
      ["update bulbs[0].label"],
    ],
    ["a block more", { bulbs: [] }, { bulbs: [{ size: "A" }] }, ["add bulbs[0]!"]],
    ["a list of blocks that goes", { bulbs: [{ size: "A" }] }, {}, ["delete bulbs!"]],
    ["a block with a leaf that replaces", {}, { shade: { cloth: "linen" } }, ["add shade!"]],
    ["a leaf of a block", { shade: { cloth: "linen" } }, { shade: { cloth: "silk" } }, ["update shade.cloth"]],
    [
      "a leaf that the real provider would only record",
      { wiring: { cloth: "a" } },
      { wiring: { cloth: "b" } },
      ["update wiring.cloth!"],
    ],
    ["a property that nobody knows", { mystery: 1 }, { mystery: 2 }, ["update mystery"]],
  ] as [string, ValueMap, ValueMap, string[]][])("%s", (_name, olds, news, expected) => {
    expect(changes(olds, news)).toEqual(expected);
  });
});

describe("state that the real plugin wrote", () => {
  it("shows no change for its bookkeeping", () => {
    const real = {
      socket: "E27",
      bulbs: [{ size: "A", __defaults: [] }],
      __defaults: [],
      __meta: '{"schema_version":"2"}',
    };
    expect(changes(real, { socket: "E27", bulbs: [{ size: "A" }] })).toEqual([]);
  });

  it("shows no change for defaults that only one of the two knows, or knows otherwise", () => {
    expect(changes({ socket: "E27", __defaults: [] }, { socket: "E27", on: true, __defaults: ["on"] })).toEqual([]);
    expect(changes({ on: true, __defaults: ["on"] }, { __defaults: [] })).toEqual([]);
    expect(changes({ on: false, __defaults: ["on"] }, { on: true, __defaults: ["on"] })).toEqual([]);
    expect(
      changes({ bulbs: [{ size: "A" }] }, { bulbs: [{ size: "A", clear: false, __defaults: ["clear"] }] }),
    ).toEqual([]);
  });

  it("shows a change from and to what the program says", () => {
    expect(changes({ on: false, __defaults: [] }, { on: true, __defaults: ["on"] })).toEqual(["update on"]);
    expect(changes({ on: true, __defaults: ["on"] }, { on: false, __defaults: [] })).toEqual(["update on"]);
  });
});

describe("deleting before replacing", () => {
  const generated = { name: "lamp-1", __defaults: ["name"] };
  const given = { name: "mine", __defaults: [] };

  it.each([
    ["a generated name", generated, { ...generated, name: "lamp-1" }, false],
    ["a name of the program's own", given, given, true],
    ["another name of the program's own", given, { ...given, name: "other" }, false],
  ] as [string, ValueMap, ValueMap, boolean][])("%s", (_name, olds, news, expected) => {
    expect(diff({ ...olds, socket: "E27" }, { ...news, socket: "E14" }).deleteBeforeReplace).toBe(expected);
  });

  it("is not said where nothing is replaced", () => {
    expect(diff({ ...given, colour: "red" }, { ...given, colour: "green" }).deleteBeforeReplace).toBe(false);
  });

  it("is said where the facts say so", () => {
    const stubborn = { ...lamp, deleteBeforeReplace: true };
    const { deleteBeforeReplace } = diffResource(
      facts,
      stubborn,
      { ...generated, socket: "a" },
      { ...generated, socket: "b" },
    );
    expect(deleteBeforeReplace).toBe(true);
  });
});

describe("ignored changes", () => {
  it.each([
    [["colour"], ["update socket!"]],
    [["socket", "colour"], []],
    [["col"], ["update colour", "update socket!"]],
  ])("%j", (ignored, expected) => {
    const { changes: left } = diff({ colour: "red", socket: "a" }, { colour: "green", socket: "b" }, ignored);
    expect(left.map(({ kind, path, replace }) => `${kind} ${path}${replace ? "!" : ""}`)).toEqual(expected);
  });

  it("cover what is below", () => {
    expect(diff({ shade: { cloth: "a" } }, { shade: { cloth: "b" } }, ["shade"]).changes).toEqual([]);
    expect(diff({ bulbs: [{ size: "a" }] }, { bulbs: [{ size: "b" }] }, ["bulbs"]).changes).toEqual([]);
  });
});

describe("whatever the inputs", () => {
  const item = fc.record({ size: fc.constantFrom("A", "B", "C"), label: fc.option(fc.constantFrom("x", "y")) });
  const inputs = fc.record(
    {
      colour: fc.constantFrom("red", "green"),
      watts: fc.nat(),
      rooms: fc.array(fc.constantFrom("a", "b", "c")),
      steps: fc.array(fc.constantFrom("a", "b", "c")),
      bulbs: fc.array(item),
      tags: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2"), { noNullPrototype: true }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<ValueMap>;

  it("there is no change to themselves", () => {
    fc.assert(fc.property(inputs, (values) => void expect(changes(values, structuredClone(values))).toEqual([])));
  });

  it("there is none to their sets in another order", () => {
    fc.assert(
      fc.property(inputs, (values) => {
        const turned = { ...values };
        for (const key of ["rooms", "bulbs"]) {
          if (Array.isArray(turned[key])) turned[key] = turned[key].toReversed();
        }
        expect(changes(values, turned)).toEqual([]);
      }),
    );
  });

  it("a change one way is a change the other way", () => {
    fc.assert(
      fc.property(inputs, inputs, (a, b) => void expect(changes(a, b).length === 0).toBe(changes(b, a).length === 0)),
    );
  });
});
