import { describe, expect, it } from "vitest";
import { bucketNames } from "../../../components/gcp/appBuckets.ts";
import { app, service, volume } from "../../support/app.ts";

const withBuckets = (...names: string[]) =>
  app(
    [service("web")],
    names.map((name) => volume(name, { storage: "bucket" })),
  );

describe("the names of an app's buckets", () => {
  it("are the tutorial's for one, and tell several by their volumes", () => {
    expect(bucketNames(withBuckets("uploads"), "shop-1")).toEqual({ uploads: "shop-1-storage" });
    expect(bucketNames(withBuckets("uploads", "old_files"), "shop-1")).toEqual({
      uploads: "shop-1-storage-uploads",
      old_files: "shop-1-storage-old-files",
    });
  });

  it.each<[string, string[], Record<string, string>, Record<string, string>]>([
    [
      "another one comes",
      ["photos", "uploads"],
      { uploads: "shop-1-storage" },
      { photos: "shop-1-storage-photos", uploads: "shop-1-storage" },
    ],
    ["another one goes", ["photos"], { photos: "shop-1-storage-photos" }, { photos: "shop-1-storage-photos" }],
    [
      "another one takes its place, which is there as long",
      ["photos"],
      { uploads: "shop-1-storage" },
      { photos: "shop-1-storage-photos" },
    ],
    [
      "another one comes of nearly the same name",
      ["a-b", "a_b"],
      { a_b: "shop-1-storage-a-b" },
      { "a-b": "shop-1-storage-a-b-e2c60c0", a_b: "shop-1-storage-a-b" },
    ],
  ])("stay where %s", (_, volumes, kept, names) => {
    expect(bucketNames(withBuckets(...volumes), "shop-1", kept)).toEqual(names);
    expect(bucketNames(withBuckets(...volumes), "shop-1", { ...kept, ...names })).toEqual(names);
  });

  it("are not those of another project, nor of a bucket that was somebody else's", () => {
    const kept = { uploads: "shop-2-storage" };
    expect(bucketNames(withBuckets("uploads"), "shop-1", kept)).toEqual({ uploads: "shop-1-storage" });
    const existing = app([service("web")], [volume("uploads", { storage: "bucket", existing: "mine" })]);
    expect(bucketNames(existing, "shop-1", { uploads: "shop-1-storage" })).toEqual({ uploads: "mine" });
    expect(bucketNames(withBuckets("uploads"), "shop-1", { uploads: "mine" })).toEqual({ uploads: "shop-1-storage" });
  });
});
