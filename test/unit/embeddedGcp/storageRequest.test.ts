import { describe, expect, it } from "vitest";
import { storageRequest } from "../../../embedded/gcp/storage/request.ts";

/** `permission@bucket` of all that is needed. */
const needs = (method: string, path: string) =>
  storageRequest(method, path)?.needs.map(
    ({ permission, bucket }) => `${permission.replace("storage.", "")}@${bucket}`,
  );

describe("what a request to Cloud Storage needs", () => {
  it.each([
    ["GET", "/storage/v1/b/u", ["buckets.get@u"]],
    ["GET", "/storage/v1/b/u/storageLayout", ["objects.list@u"]],
    ["GET", "/storage/v1/b/u/o", ["objects.list@u"]],
    ["GET", "/storage/v1/b/u/o/", ["objects.list@u"]],
    ["GET", "/storage/v1/b/u/o/a%2Fb", ["objects.get@u"]],
    ["GET", "/download/storage/v1/b/u/o/a%2Fb", ["objects.get@u"]],
    ["GET", "/u/a/b", ["objects.get@u"]],
    ["HEAD", "/u/a", ["objects.get@u"]],
    ["GET", "/u", ["objects.list@u"]],
    ["GET", "/u/", ["objects.list@u"]],
    ["POST", "/upload/storage/v1/b/u/o", ["objects.create@u"]],
    ["PUT", "/upload/storage/v1/b/u/o", ["objects.create@u"]],
    ["POST", "/resumable/upload/storage/v1/b/u/o", ["objects.create@u"]],
    ["PUT", "/u/a", ["objects.create@u"]],
    ["PATCH", "/storage/v1/b/u/o/a", ["objects.update@u"]],
    ["DELETE", "/storage/v1/b/u/o/a", ["objects.delete@u"]],
    ["POST", "/storage/v1/b/u/o/a/compose", ["objects.get@u", "objects.create@u"]],
    ["POST", "/storage/v1/b/u/o/a/rewriteTo/b/v/o/c", ["objects.get@u", "objects.create@v"]],
    ["POST", "/storage/v1/b/u/o/a/moveTo/o/c", ["objects.get@u", "objects.create@u", "objects.delete@u"]],
  ])("%s %s", (method, path, expected) => expect(needs(method, path)).toEqual(expected));

  it.each([
    ["DELETE", "/storage/v1/b/u"],
    ["POST", "/storage/v1/b"],
    ["PATCH", "/storage/v1/b/u"],
    ["GET", "/storage/v1/b/u/o/a/acl"],
    ["PUT", "/_internal/config"],
    ["POST", "/_internal/delete_all"],
    ["POST", "/batch/storage/v1"],
    ["PUT", "/upload/resumable/123"],
    ["OPTIONS", "/storage/v1/b/u/o/a"],
    ["GET", "/"],
  ])("%s %s is not imitated", (method, path) => expect(storageRequest(method, path)).toBeUndefined());

  it("knows which object goes and where one goes", () => {
    expect(storageRequest("DELETE", "/storage/v1/b/u/o/a%2Fb%20c")?.removes).toEqual({ bucket: "u", object: "a/b c" });
    expect(storageRequest("POST", "/storage/v1/b/u/o/a%2Fb/moveTo/o/c%2Fd")?.move).toEqual({
      bucket: "u",
      from: "a/b",
      to: "c/d",
    });
    expect(storageRequest("DELETE", "/u/a/b")?.removes).toEqual({ bucket: "u", object: "a/b" });
  });
});
