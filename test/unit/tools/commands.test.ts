import { describe, expect, it } from "vitest";
import { isOperation, isPreview, removal } from "../../../tools/cli.mjs";
import { duration } from "../../../tools/display.mjs";
import { checksumIn } from "../../../tools/download.mjs";
import { registriesOnly } from "../../../tools/downloads.mjs";
import { difference } from "../../../tools/steps/node.mjs";

describe("isOperation", () => {
  it.each([
    ["up --yes", true],
    ["--cwd elsewhere preview", true],
    ["-C up config", false],
    ["--color=never destroy", true],
    ["config set retrofit:app up", false],
    ["stack output", false],
    ["up --help", false],
    ["", false],
  ])("pulumi %s: %s", (line, expected) => {
    expect(isOperation(line.split(" ").filter(Boolean))).toBe(expected);
  });
});

describe("isPreview", () => {
  it.each([
    ["preview --stack dev", true],
    ["pre", true],
    ["--color never preview --refresh=false", true],
    ["preview --refresh", false],
    ["preview -r", false],
    ["preview --refresh=true", false],
    ["up --yes", false],
    ["config set preview x", false],
  ])("pulumi %s: %s", (line, expected) => {
    expect(isPreview(line.split(" "))).toBe(expected);
  });
});

describe("removal", () => {
  it.each([
    ["destroy --yes --stack dev", { stack: "dev" }],
    ["down -s acme/retrofit/dev --remove", { stack: "acme/retrofit/dev" }],
    ["--color never destroy", {}],
    ["stack rm --yes dev", { stack: "dev" }],
    ["stack rm", {}],
    ["stack ls", undefined],
    ["up --stack destroy", undefined],
  ])("pulumi %s", (line, expected) => {
    expect(removal(line.split(" "))).toEqual(expected);
  });
});

describe("duration", () => {
  it.each([
    [49, "0.0 s"],
    [9_949, "9.9 s"],
    [42_400, "42 s"],
    [59_700, "1 min 0 s"],
    [192_000, "3 min 12 s"],
  ])("%d ms: %s", (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected);
  });
});

describe("checksumIn", () => {
  const sum = "ab".repeat(32);
  it.each([
    ["text mode", `${"00".repeat(32)}  other\n${sum}  tool.tar.gz\n`],
    ["binary mode", `${sum} *tool.tar.gz\n`],
  ])("finds a file in a list of %s", (_, list) => {
    expect(checksumIn(list, "tool.tar.gz")).toBe(sum);
  });

  it("takes neither another file nor half a sum", () => {
    expect(checksumIn(`${sum}  tool.tar.gz.sig\n`, "tool.tar.gz")).toBeUndefined();
    expect(checksumIn(`${sum.slice(2)}  tool.tar.gz\n`, "tool.tar.gz")).toBeUndefined();
  });
});

describe("registriesOnly", () => {
  it("does what RETROFIT_DOWNLOADS says", async () => {
    expect(await registriesOnly({ RETROFIT_DOWNLOADS: "official" })).toBeUndefined();
    expect(await registriesOnly({ RETROFIT_DOWNLOADS: "registries" })).toBe("RETROFIT_DOWNLOADS=registries");
    await expect(registriesOnly({ RETROFIT_DOWNLOADS: "yes" })).rejects.toThrow('RETROFIT_DOWNLOADS is "yes"');
  });
});

describe("difference between package-lock.json and node_modules", () => {
  const a = { version: "1.0.0", integrity: "sha512-a" };
  it.each([
    ["the same", { "": {}, "node_modules/a": a }, { "node_modules/a": a }, undefined],
    ["nothing installed", { "node_modules/a": a }, undefined, "node_modules is not complete"],
    ["one missing", { "node_modules/a": a }, {}, "node_modules/a is not installed"],
    ["one of another platform", { "node_modules/a": { ...a, optional: true } }, {}, undefined],
    [
      "another version",
      { "node_modules/a": a },
      { "node_modules/a": { ...a, version: "2.0.0" } },
      "node_modules/a is 2.0.0, not 1.0.0",
    ],
    [
      "an optional one of another version",
      { "node_modules/a": { ...a, optional: true } },
      { "node_modules/a": { ...a, version: "0.9.0" } },
      "node_modules/a is 0.9.0, not 1.0.0",
    ],
    [
      "other content",
      { "node_modules/a": a },
      { "node_modules/a": { ...a, integrity: "sha512-b" } },
      "node_modules/a holds other content than package-lock.json says",
    ],
  ])("%s", (_, locked, installed, expected) => {
    expect(difference(locked, installed)).toBe(expected);
  });
});
