import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Failures, type Operation } from "../../../embedded/daemon/failures.ts";
import { errorOf } from "../../../embedded/gcp/failures.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-failures-"));
afterAll(() => rmSync(folder, { recursive: true }));

const create: Operation = {
  type: "gcp:storage/bucket:Bucket",
  noun: "bucket",
  urn: "urn:pulumi:dev::app::gcp:storage/bucket:Bucket::uploads",
  id: "uploads-1",
  operation: "create",
};

describe("failures on demand", () => {
  const failures = new Failures(join(folder, "failures.json"));

  it("are none without a file", () => expect(failures.take(create)).toBeUndefined());

  it.each([
    ["any operation of that name", { operation: "create", error: "x" }, true],
    ["by type", { operation: "create", error: "x", type: "gcp:storage/bucket:Bucket" }, true],
    ["by noun", { operation: "create", error: "x", type: "bucket" }, true],
    ["by name in the program", { operation: "create", error: "x", name: "uploads" }, true],
    ["by id", { operation: "create", error: "x", name: "uploads-1" }, true],
    ["another type", { operation: "create", error: "x", type: "instance" }, false],
    ["another operation", { operation: "delete", error: "x" }, false],
    ["another name", { operation: "create", error: "x", name: "media" }, false],
  ] as const)("%s", (_, failure, meant) => {
    failures.write([failure]);
    expect(failures.take(create) !== undefined).toBe(meant);
  });

  it("are used up", () => {
    failures.write([{ operation: "create", error: "quota", times: 2 }]);
    expect([1, 2, 3].map(() => failures.take(create)?.error)).toEqual(["quota", "quota", undefined]);
    expect(failures.read()).toEqual([]);
  });

  it.each([
    ["quota", 403, "Quota 'BUCKETS' exceeded. Limit: 0.0 in region."],
    ["permission", 403, "Required 'create' permission for 'uploads-1'"],
    ["the zone is on fire", 503, "the zone is on fire"],
  ])("%s", (error, code, message) => {
    expect(errorOf({ operation: "create", error }, create)).toMatchObject({ code, message });
  });
  it.each(["slow", "die"])("%s is no error by itself", (error) => {
    expect(errorOf({ operation: "create", error }, create)).toBeUndefined();
  });
});
