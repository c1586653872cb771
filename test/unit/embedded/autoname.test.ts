import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { autoName } from "../../../embedded/core/autoname.ts";

const facts = { max: 20, sep: "-", digits: 7 };
const seed = new Uint8Array([1, 2, 3]);

describe("a name for a resource that was given none", () => {
  it("is the resource's name and seven hexadecimal digits", () => {
    const result = autoName(facts, { resource: "lamp", seed });
    expect(result).toEqual({ name: expect.stringMatching(/^lamp-[0-9a-f]{7}$/) });
  });

  it("is the same for the same seed, and another for another", () => {
    const name = (bytes: Uint8Array) => autoName(facts, { resource: "lamp", seed: bytes });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), (bytes) => {
        expect(name(bytes)).toEqual(name(bytes));
        expect(name(bytes)).not.toEqual(name(new Uint8Array([...bytes, 1])));
      }),
    );
  });

  it("is another each time without a seed", () => {
    const name = () => autoName(facts, { resource: "lamp", seed: new Uint8Array() });
    expect(name()).not.toEqual(name());
  });

  it.each([
    ["proposed", { mode: "propose", proposedName: "my-lamp" }, { name: "my-lamp" }],
    ["enforced", { mode: "enforce", proposedName: "my-lamp" }, { name: "my-lamp" }],
    [
      "enforced and too long",
      { mode: "enforce", proposedName: "x".repeat(21) },
      { problem: `the name ${"x".repeat(21)} is longer than 20 characters` },
    ],
    [
      "disabled",
      { mode: "disable" },
      { problem: "must be given, because pulumi:autonaming is disabled for this resource" },
    ],
  ] as const)("%s by the stack's configuration", (_case, autonaming, expected) => {
    expect(autoName(facts, { resource: "lamp", seed, autonaming })).toEqual(expected);
  });

  it("is the usual one where the proposed one is too long", () => {
    const autonaming = { mode: "propose", proposedName: "x".repeat(21) } as const;
    expect(autoName(facts, { resource: "lamp", seed, autonaming })).toEqual({ name: expect.stringMatching(/^lamp-/) });
  });

  it("is refused where it would be too long", () => {
    expect(autoName(facts, { resource: "a-very-long-lamp", seed })).toEqual({
      problem: "the name a-very-long-lamp- and 7 digits are longer than 20 characters",
    });
  });
});
