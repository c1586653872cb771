import { createHash } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Networks } from "../../embedded/aws/runtime/network/networks.ts";
import { usedRanges } from "../../embedded/aws/runtime/network/ranges.ts";
import { overlap, parseCidr } from "../../embedded/core/cidr.ts";
import { docker } from "../support/stack.ts";

const clouds = ["a", "b", "c"].map((name) =>
  createHash("sha256").update(`${process.pid}${name}`).digest("hex").slice(0, 8),
);
const networks = clouds.map((cloud) => new Networks(new Docker(), cloud));
/** One that nothing has, nor what another run has left. */
let wanted: string;

beforeAll(async () => {
  const used = await usedRanges(new Docker());
  const ranges = Array.from({ length: 256 }, (_, n) => `10.79.${(process.pid + n) % 256}.0/24`);
  wanted = ranges.find((range) => !used.some((other) => overlap(other, parseCidr(range)))) ?? "";
});

afterAll(() => Promise.all(networks.map((each) => each.sweep())));

it("clouds that want the same range at once all get one, and keep it", async () => {
  const ranges = await Promise.all(networks.map(async (each) => (await each.ensure("subnet-1", wanted)).range));
  expect(new Set(ranges).size).toBe(3);
  expect(ranges).toContain(wanted);
  for (const range of ranges) expect([wanted, expect.stringMatching(/^10\.251\.\d+\.0\/24$/)]).toContainEqual(range);
  const again = await Promise.all(networks.map(async (each) => (await each.ensure("subnet-1", wanted)).range));
  expect(again).toEqual(ranges);
  for (const each of networks) expect(await each.remove("subnet-1")).toBe(true);
  const filters = clouds.flatMap((cloud) => ["--filter", `label=retrofit.embedded.aws=${cloud}`]);
  expect(await docker("network", "ls", "--quiet", ...filters.slice(0, 2))).toBe("");
});
