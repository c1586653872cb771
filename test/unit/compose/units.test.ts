import fc from "fast-check";
import { expect, test } from "vitest";
import { toBytes, toSeconds } from "../../../compose/units.ts";

test.each([
  ["10s", 10],
  ["1m30s", 90],
  ["1h0m0s", 3600],
  ["500ms", 0.5],
  ["1.5s", 1.5],
  ["1µs", 0.000001],
  ["0s", 0],
  ["", undefined],
  ["10", undefined],
  ["-1s", undefined],
  ["soon", undefined],
])("%s is %s seconds", (duration, seconds) => {
  expect(toSeconds(duration)).toBe(seconds);
});

test("a duration of parts is the sum of its parts", () => {
  const part = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(part, part, part, part, (h, m, s, ms) => {
      expect(toSeconds(`${h}h${m}m${s}s${ms}ms`)).toBeCloseTo(h * 3600 + m * 60 + s + ms / 1000, 6);
    }),
  );
});

test.each([
  ["1024", 1024],
  [1024, 1024],
  ["64m", 64 * 1024 ** 2],
  ["1.5g", 1.5 * 1024 ** 3],
  ["2GiB", 2 * 1024 ** 3],
  ["10 kb", 10 * 1024],
  ["3B", 3],
  ["", undefined],
  ["50%", undefined],
  ["lots", undefined],
])("%s is %s bytes", (size, bytes) => {
  expect(toBytes(size)).toBe(bytes);
});
