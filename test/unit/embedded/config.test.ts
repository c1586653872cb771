import { expect, it } from "vitest";
import { configValues } from "../../../embedded/core/config.ts";
import { Secret, UNKNOWN, type ValueMap } from "../../../embedded/core/value.ts";

it.each([
  ["JSON", { keys: '[{"door":"front"}]' }, { keys: [{ door: "front" }] }],
  ["true and false", { a: "true", b: "false" }, { a: true, b: false }],
  ["text that looks like a number", { host: "2375" }, { host: "2375" }],
  ["text", { host: "unix:///run/docker.sock" }, { host: "unix:///run/docker.sock" }],
  ["text that is no JSON", { host: "[::1]:2375" }, { host: "[::1]:2375" }],
  ["secret JSON", { keys: new Secret('[{"code":"1"}]') }, { keys: new Secret([{ code: "1" }]) }],
  ["unknown values", { host: UNKNOWN }, { host: UNKNOWN }],
  ["values that are no text", { keys: [{ door: "front" }] }, { keys: [{ door: "front" }] }],
  ["not what the engine adds", { version: "5.2.0", pluginDownloadURL: "x", __internal: {} }, {}],
] as [string, ValueMap, ValueMap][])("a provider's configuration holds %s", (_name, raw, expected) => {
  expect(configValues(raw)).toEqual(expected);
});
