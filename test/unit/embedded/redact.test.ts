import { expect, it } from "vitest";
import { redacted } from "../../../embedded/core/redact.ts";
import { Secret, UNKNOWN, type ValueMap } from "../../../embedded/core/value.ts";

it.each([
  ["a secret", { a: new Secret("hunter2") }, "it is hunter2, hunter2!", "it is [secret], [secret]!"],
  ["a secret in a list", { a: ["x", new Secret("hunter2")] }, "hunter2 x", "[secret] x"],
  ["a secret in an object", { a: new Secret({ b: ["hunter2"] }) }, "hunter2", "[secret]"],
  ["the value of a variable", { a: new Secret("WORD=hunter=2") }, "WORD is hunter=2", "WORD is [secret]"],
  ["the longer of two", { a: new Secret("hunter"), b: new Secret("hunter2") }, "hunter2 hunter", "[secret] [secret]"],
  ["nothing that is no secret", { a: "hunter2" }, "hunter2", "hunter2"],
  ["nothing that is too short to be one", { a: new Secret("it") }, "it is it", "it is it"],
  ["nothing unknown", { a: new Secret(UNKNOWN), b: new Secret(5) }, "it is 5", "it is 5"],
] as [string, ValueMap, string, string][])("hides %s", (_name, inputs, text, expected) => {
  expect(redacted(text, inputs)).toBe(expected);
});
