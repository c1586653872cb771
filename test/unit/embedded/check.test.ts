import { describe, expect, it } from "vitest";
import { checkConfig, checkResource } from "../../../embedded/core/check.ts";
import { Secret, UNKNOWN, type Value, type ValueMap } from "../../../embedded/core/value.ts";
import { facts, lamp } from "./sampleFacts.ts";

const naming = { resource: "lamp", seed: new Uint8Array([1]) };
const check = (news: ValueMap, olds: ValueMap = {}) => checkResource(facts, lamp, news, olds, naming);
const reasons = (news: ValueMap) => check({ name: "l", socket: "E27", ...news }).failures.map(({ reason }) => reason);

describe("what Check refuses, naming the property", () => {
  it.each([
    ["an unknown property", { color: "red" }, ["color is no property here; did you mean colour?"]],
    ["an unknown property like no other", { zzzzzz: 1 }, ["zzzzzz is no property here"]],
    ["an unknown property within", { bulbs: [{ size: "A", x: 1 }] }, ["bulbs[0].x is no property here"]],
    ["a missing property", { socket: null }, ["socket is required"]],
    ["a missing property within", { bulbs: [{}] }, ["bulbs[0].size is required"]],
    ["a number for text", { colour: 1 }, ["colour must be a string, not a number"]],
    ["text for a number", { watts: "5" }, ["watts must be a whole number, not a string"]],
    ["a fraction for a whole number", { watts: 1.5 }, ["watts must be a whole number, not a number"]],
    ["text for a fraction", { dimming: "0.5" }, ["dimming must be a number, not a string"]],
    ["text for true or false", { on: "yes" }, ["on must be true or false, not a string"]],
    ["a map for a list", { steps: {} }, ["steps must be a list, not an object"]],
    ["a list for a map", { tags: [] }, ["tags must be a map, not a list"]],
    ["a list for an object", { shade: [] }, ["shade must be an object, not a list"]],
    ["text for an object in a list", { bulbs: ["A"] }, ["bulbs[0] must be an object, not a string"]],
    ["a wrong item", { steps: ["a", 1] }, ["steps[1] must be a string, not a number"]],
    ["a null item", { steps: [null] }, ["steps[0] must be a string, not null"]],
    ["a wrong value of a map", { tags: { a: true } }, ['tags["a"] must be a string, not a boolean']],
    ["a word not in the list", { colour: "blue" }, ['colour must be red or green, not "blue"']],
    ["a number too small", { watts: -1 }, ["watts must be 0 or more, not -1"]],
    ["no duration", { fade: "fast" }, ['fade must be a duration such as 1m30s, not "fast"']],
    ["a negative duration", { fade: "-1s" }, ['fade must not be negative, not "-1s"']],
    ["no base64", { photo: "?" }, ["photo must be base64"]],
    ["a relative path", { path: "a/b" }, ['path must be an absolute path, not "a/b"']],
    [
      "what is not implemented",
      { laser: {} },
      ["laser is not implemented by this stand-in for the house provider: it is dangerous"],
    ],
    [
      "all at once",
      { color: "red", watts: "5" },
      ["color is no property here; did you mean colour?", "watts must be a whole number, not a string"],
    ],
  ] as [string, ValueMap, string[]][])("%s", (_name, news, expected) => {
    expect(reasons(news)).toEqual(expected);
  });

  it("never repeats a secret", () => {
    expect(reasons({ pin: "letters" })).toEqual(["pin must be digits"]);
    expect(reasons({ colour: new Secret("hunter2") })).toEqual(["colour must be red or green"]);
    expect(reasons({ shade: new Secret({ cloth: 1 }) })).toEqual(["shade.cloth must be a string, not a number"]);
    expect(reasons({ watts: new Secret(-7) })).toEqual(["watts must be 0 or more"]);
  });

  it.each([
    ["unknown text", { colour: UNKNOWN, socket: UNKNOWN }],
    ["an unknown list", { steps: UNKNOWN, bulbs: UNKNOWN }],
    ["an unknown item", { steps: [UNKNOWN], bulbs: [UNKNOWN, { size: UNKNOWN }] }],
    ["unknown secrets", { colour: new Secret(UNKNOWN) }],
    ["any value where any is allowed", { notes: { a: [1, { b: true }] } }],
    ["null for what is optional", { watts: null, steps: null, bulbs: null }],
  ] as [string, ValueMap][])("but not %s", (_name, news) => expect(reasons(news)).toEqual([]));
});

describe("what Check fills in", () => {
  it("defaults, at every depth, and says which", () => {
    expect(check({ name: "l", socket: "E27", bulbs: [{ size: "A" }], shade: { cloth: "linen" } }).inputs).toEqual({
      name: "l",
      socket: "E27",
      on: true,
      bulbs: [{ size: "A", clear: false, __defaults: ["clear"] }],
      shade: { cloth: "linen", __defaults: [] },
      __defaults: ["on"],
    });
  });

  it("a name, and says so", () => {
    const { inputs } = check({ socket: "E27" });
    expect(inputs.name).toMatch(/^lamp-[0-9a-f]{7}$/);
    expect(inputs.__defaults).toEqual(["name", "on"]);
  });

  it("the name it gave before", () => {
    expect(check({ socket: "E27" }, { name: "lamp-old", __defaults: ["name"] }).inputs.name).toBe("lamp-old");
  });

  it("a new name where the program gave the old one and no longer does", () => {
    expect(check({ socket: "E27" }, { name: "mine", __defaults: [] }).inputs.name).toMatch(/^lamp-[0-9a-f]{7}$/);
  });

  it("nothing where the program says it, unknown or secret too", () => {
    const { inputs } = check({ name: UNKNOWN, socket: "E27", on: new Secret(false) });
    expect(inputs).toEqual({ name: UNKNOWN, socket: "E27", on: new Secret(false), __defaults: [] });
  });

  it("secrecy for what is always secret", () => {
    const value: Value | undefined = check({ socket: "E27", pin: "123" }).inputs.pin;
    expect(value).toEqual(new Secret("123"));
  });
});

describe("the provider's own configuration", () => {
  it.each([
    [{ street: "Elm", keys: [{ door: "front", code: "1" }] }, []],
    [{ strete: "Elm" }, ["strete is no property here; did you mean street?"]],
    [{ keys: [{ code: "1" }] }, ["keys[0].door is required"]],
    [{ street: UNKNOWN }, []],
  ] as [ValueMap, string[]][])("%j", (config, expected) => {
    expect(checkConfig(facts, config).failures.map(({ reason }) => reason)).toEqual(expected);
  });

  it("is found to hold secrets, whether or not the program says so", () => {
    const secrets = (config: ValueMap) => [...checkConfig(facts, config).secrets];
    expect(secrets({ street: "Elm", keys: [{ door: "front" }] })).toEqual([]);
    expect(secrets({ street: "Elm", keys: [{ door: "front", code: "1" }] })).toEqual(["keys"]);
    expect(secrets({ street: new Secret("Elm") })).toEqual(["street"]);
  });
});
