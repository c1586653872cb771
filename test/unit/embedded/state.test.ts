import { describe, expect, it } from "vitest";
import { driftedInputs, previewOf, readState, stateOf } from "../../../embedded/core/state.ts";
import { Secret, UNKNOWN } from "../../../embedded/core/value.ts";
import { lamp } from "./sampleFacts.ts";

describe("outputs kept in state", () => {
  it("are the inputs without bookkeeping, and what was observed", () => {
    const inputs = { socket: "E27", bulbs: [{ size: "A", __defaults: [] }], __defaults: ["name"] };
    expect(stateOf(lamp, inputs, { address: "10.0.0.1" })).toEqual({
      socket: "E27",
      bulbs: [{ size: "A" }],
      address: "10.0.0.1",
    });
  });

  it("are secret as a whole where the input holds a secret, also when observed", () => {
    const inputs = { steps: ["a", new Secret("b")] };
    expect(stateOf(lamp, inputs, {}).steps).toEqual(new Secret(["a", "b"]));
    expect(stateOf(lamp, inputs, { steps: ["b", "a"] }).steps).toEqual(new Secret(["b", "a"]));
  });

  it("are secret where the facts say so", () => {
    expect(stateOf(lamp, {}, { pin: "123" }).pin).toEqual(new Secret("123"));
  });

  it("are secret where they may repeat an input and one input is secret", () => {
    expect(stateOf(lamp, { colour: "red" }, { log: "red" }).log).toBe("red");
    expect(stateOf(lamp, { colour: new Secret("red") }, { log: "red" }).log).toEqual(new Secret("red"));
  });
});

it("a preview knows the inputs, and not what the provider fills in", () => {
  expect(previewOf(lamp, { socket: "E27", colour: new Secret("red"), __defaults: [] })).toEqual({
    socket: "E27",
    colour: new Secret("red"),
    serial: UNKNOWN,
    address: UNKNOWN,
    log: UNKNOWN,
  });
});

it("a preview does not know either what the provider fills in within what is given", () => {
  const house = { inputs: { rooms: { t: "type:Room[]" } }, outputs: {} };
  const types = { Room: { lamp: "type:Lamp", size: "integer" }, Lamp: { serial: { t: "string", computed: true } } };
  expect(previewOf(house, { rooms: [{ size: 3, lamp: {} }, { lamp: { serial: "1" } }] }, types)).toEqual({
    rooms: [{ size: 3, lamp: { serial: UNKNOWN } }, { lamp: { serial: "1" } }],
  });
});

describe("a refresh", () => {
  const inputs = { socket: "E27", on: true, colour: new Secret("red"), __defaults: ["name", "on"] };

  it("changes nothing where nothing drifted", () => {
    expect(driftedInputs(inputs, {})).toEqual(inputs);
  });

  it("puts what is in the place of what was asked for, no longer a default, and as secret as before", () => {
    expect(driftedInputs(inputs, { on: false, colour: "green", socket: null })).toEqual({
      on: false,
      colour: new Secret("green"),
      __defaults: ["name"],
    });
  });

  it("shows the drift in the outputs too", () => {
    const read = readState(lamp, inputs, { id: "1", outputs: { address: "10.0.0.1" }, drift: { on: false } });
    expect(read.state).toEqual({ socket: "E27", on: false, colour: new Secret("red"), address: "10.0.0.1" });
  });
});
