import { describe, expect, it } from "vitest";
import { namedBuckets, refuseBucketReferences, withBucketNames } from "../../../components/bucketReferences.ts";
import { app, service } from "../../support/app.ts";

/** As a stack's configuration asks for a bucket. */
const bucket = (name: string) => `\${bucket.${name}}`;
const plain = `$bucket.uploads {bucket.uploads} ${bucket("uploads").replace("bucket", "buckets")}`;

const named = app([
  service("web", {
    environment: {
      GCS_BUCKET: bucket("uploads"),
      BACKUPS: `gs://${bucket("back-up")}/x and ${bucket("uploads")}`,
      SIGNED: { secret: [`gs://${bucket("uploads")}?key=`, { name: "KEY" }] },
      PLAIN: plain,
    },
  }),
  service("worker", { environment: { A: bucket("uploads") } }),
  service("db", { environment: { KEY: { secret: [{ name: "KEY" }] } } }),
]);

describe("buckets that the environment names", () => {
  it("are each found once, in secret values too", () => {
    expect(namedBuckets(named)).toEqual(["back-up", "uploads"]);
    expect(namedBuckets(app([service("web")]))).toEqual([]);
  });

  it("get their names, and all else stays", () => {
    const filled = withBucketNames(named, { uploads: "p-storage-uploads", "back-up": "p-storage-back-up" });
    expect(filled.services.get("web")?.environment).toEqual({
      GCS_BUCKET: "p-storage-uploads",
      BACKUPS: "gs://p-storage-back-up/x and p-storage-uploads",
      SIGNED: { secret: ["gs://p-storage-uploads?key=", { name: "KEY" }] },
      PLAIN: plain,
    });
    expect(filled.services.get("worker")?.environment).toEqual({ A: "p-storage-uploads" });
    expect(filled.services.get("db")).toEqual(named.services.get("db"));
    expect([...filled.services.keys()]).toEqual(["web", "worker", "db"]);
  });

  it("are refused all at once on a target that makes none", () => {
    const mend = "Give the variable another value in retrofit:services, or deploy to gcp.";
    expect(() => refuseBucketReferences(named, "docker")).toThrow(
      [
        `/srv/shop/compose.yaml: web: environment.GCS_BUCKET: the target docker makes no bucket for \${bucket.uploads}. ${mend}`,
        `/srv/shop/compose.yaml: web: environment.BACKUPS: the target docker makes no bucket for \${bucket.back-up}. ${mend}`,
        `/srv/shop/compose.yaml: web: environment.BACKUPS: the target docker makes no bucket for \${bucket.uploads}. ${mend}`,
        `/srv/shop/compose.yaml: web: environment.SIGNED: the target docker makes no bucket for \${bucket.uploads}. ${mend}`,
        `/srv/shop/compose.yaml: worker: environment.A: the target docker makes no bucket for \${bucket.uploads}. ${mend}`,
      ].join("\n"),
    );
    expect(() => refuseBucketReferences(app([service("web")]), "docker")).not.toThrow();
  });
});
