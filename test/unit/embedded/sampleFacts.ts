import type { PackageFacts, ResourceFacts } from "../../../embedded/core/facts.ts";

/** A resource with one property of each kind, so that the core is tested without any cloud. */
export const lamp: ResourceFacts = {
  inputs: {
    name: { t: "string", replace: true },
    colour: { t: "string", pattern: "^(red|green)$", expect: "red or green" },
    socket: { t: "string", req: true, replace: true },
    watts: { t: "integer", min: 0, resetReplaces: true },
    dimming: "number",
    on: { t: "boolean", def: true },
    fade: { t: "string", format: "duration" },
    photo: { t: "string", format: "base64" },
    path: { t: "string", format: "absolutePath" },
    pin: { t: "string", secret: true, pattern: "^[0-9]+$", expect: "digits" },
    notes: "any",
    tags: "{string}",
    rooms: { t: "string[]", replace: true, set: true },
    steps: "string[]",
    bulbs: { t: "type:Bulb[]", replace: true, set: true },
    shade: "type:Shade",
    wiring: { t: "type:Shade", replaceHere: true },
    serial: { t: "string", computed: true },
    laser: { t: "any", unsupported: "it is dangerous" },
  },
  outputs: { address: "string", log: { t: "string", echoesInputs: true } },
  autoName: { name: { max: 20, sep: "-", digits: 7 } },
  stable: ["address"],
};

export const facts: PackageFacts = {
  package: "house",
  version: "1.2.3",
  config: { street: "string", keys: "type:Key[]" },
  resources: {
    "house:index/lamp:Lamp": lamp,
    "house:index/oven:Oven": { inputs: {}, outputs: {}, unsupported: "too hot" },
  },
  functions: {},
  types: {
    Bulb: { size: { t: "string", req: true, replace: true }, label: "string", clear: { t: "boolean", def: false } },
    Shade: { cloth: "string", frame: { t: "string", replace: true } },
    Key: { door: { t: "string", req: true }, code: { t: "string", secret: true } },
  },
};
