import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../embedded/core/duration.ts";

describe("durations in Go's notation", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["1ns", 1],
    ["1.5us", 1500],
    ["2µs", 2000],
    ["500ms", 500e6],
    ["30s", 30e9],
    ["1m30s", 90e9],
    ["1h", 3600e9],
    ["1h1m1.5s", 3661.5e9],
    ["-5s", -5e9],
    ["+5s", 5e9],
  ])("%s", (text, nanoseconds) => expect(parseDuration(text)).toBe(nanoseconds));

  it.each(["", "30", "s", "30 s", "1d", "30s ", "1m 30s", "--1s", "1..5s"])("%j is none", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it.each([
    [0, "0s"],
    [1, "1ns"],
    [1500, "1.5µs"],
    [500e6, "500ms"],
    [30e9, "30s"],
    [60e9, "1m0s"],
    [90e9, "1m30s"],
    [3600e9, "1h0m0s"],
    [3661.5e9, "1h1m1.5s"],
    [-90e9, "-1m30s"],
  ])("%d ns are %s", (nanoseconds, text) => expect(formatDuration(nanoseconds)).toBe(text));

  it("are read as they were written, whatever the milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds * 1e6))).toBe(milliseconds * 1e6 + 0);
      }),
    );
  });
});
