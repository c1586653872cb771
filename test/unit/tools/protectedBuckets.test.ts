import { expect, it } from "vitest";
import { mendOf, protectedBuckets } from "../../../tools/protectedBuckets.mjs";

it("names the buckets that destroy refuses to delete, and how to delete them all the same", () => {
  const resources = [
    { type: "gcp:storage/bucket:Bucket", id: "shop-storage", protect: true },
    { type: "gcp:storage/bucket:Bucket", id: "shop-scratch" },
    { type: "gcp:compute/disk:Disk", id: "projects/shop/disks/data", protect: true },
    { type: "retrofit:gcp:UploadsBucket" },
  ];
  expect(protectedBuckets({ deployment: { resources } })).toEqual(["shop-storage"]);
  expect(protectedBuckets({})).toEqual([]);
  expect(mendOf(["shop-storage"], "shop")).toBe(
    "A destroy refuses to delete a bucket, which may hold what people have uploaded: shop-storage. To delete it with all that it holds:\n" +
      "  npm run pulumi -- config set retrofit:destroyContent true --stack shop\n" +
      "  npm start -- --stack shop\n" +
      "  npm run destroy -- --stack shop",
  );
});
