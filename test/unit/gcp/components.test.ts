import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { ContainerRegistry, type ContainerRegistryArgs } from "../../../components/gcp/containerRegistry.ts";
import { Deployment } from "../../../components/gcp/deployment.ts";
import { Network } from "../../../components/gcp/network.ts";
import { UploadsBucket, type UploadsBucketArgs } from "../../../components/gcp/uploadsBucket.ts";
import { distinctName, slug } from "../../../components/names.ts";
import { secretsOf } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";
import { shop } from "./sampleApp.ts";

const bucket: UploadsBucketArgs = {
  project: "shop-1",
  bucketName: "shop-1-storage",
  location: "US-EAST1",
  writers: { app: "serviceAccount:app@shop-1.iam.gserviceaccount.com" },
};
const registry: ContainerRegistryArgs = { project: "shop-1", namespace: "Shop_dev" };

it("gives every resource of a deployment its parent", async () => {
  const children: string[] = [];
  const all = await registrationsOf(() => {
    const images = Object.fromEntries(
      [...shop.services.keys()].map((name) => [name, { reference: pulumi.output(name), own: true }]),
    );
    const args = {
      app: shop,
      images,
      secrets: secretsOf({ DB_PASSWORD: "x" }),
      project: "shop-1",
      zone: "us-east1-b",
      ssh: true,
      contexts: "/nowhere",
    };
    const local = { host: "127.0.0.1:5050", repository: (name: string) => `127.0.0.1:5050/${name}`, ready: [] };
    // Handed down to children only.
    const transformations: pulumi.ResourceTransformation[] = [
      ({ name }) => {
        children.push(name);
        return undefined;
      },
    ];
    new Deployment("shop", { ...args, registry: local }, { transformations });
  });
  expect(all.map(({ name }) => name).sort()).toEqual(children.sort());
});

it("has a subnetwork go before another takes its addresses, which Google Cloud gives once a network", async () => {
  const first: string[] = [];
  const transformations: pulumi.ResourceTransformation[] = [
    ({ name, opts }) => {
      if ((opts as pulumi.CustomResourceOptions).deleteBeforeReplace) first.push(name);
      return undefined;
    },
  ];
  await registrationsOf(() => new Network("vpc", { project: "shop-1", region: "us-east1" }, { transformations }));
  expect(first).toEqual(["vpc-subnetwork"]);
});

it.each<[string, Partial<ContainerRegistryArgs>, string, object]>([
  ["gcr.io", {}, "gcr.io/shop-1/shop_dev/web", { location: "us", repositoryId: "gcr.io" }],
  [
    "pkg.dev",
    { domain: "pkg.dev", location: "us-east1", immutableTags: true },
    "us-east1-docker.pkg.dev/shop-1/images/shop_dev/web",
    { location: "us-east1", repositoryId: "images", dockerConfig: { immutableTags: true } },
  ],
])("keeps images at %s", async (_, more, address, inputs) => {
  let made: ContainerRegistry | undefined;
  const all = await registrationsOf(() => {
    made = new ContainerRegistry("images", { ...registry, ...more });
  });
  expect(made?.repository("web")).toBe(address);
  expect(made?.credentials).toBeUndefined();
  expect(all.find(({ type }) => type.endsWith(":Repository"))?.inputs).toMatchObject({ format: "DOCKER", ...inputs });
});

it("makes no repository that exists", async () => {
  const all = await registrationsOf(() => new ContainerRegistry("images", { ...registry, existing: true }));
  expect(all.map(({ type }) => type)).toEqual(["retrofit:gcp:ContainerRegistry"]);
});

it("gives a hierarchical bucket soft delete instead of versions", async () => {
  const all = await registrationsOf(() => new UploadsBucket("uploads", { ...bucket, hierarchical: true }));
  const inputs = all.find(({ type }) => type.endsWith(":Bucket"))?.inputs;
  expect(inputs).toMatchObject({
    hierarchicalNamespace: { enabled: true },
    softDeletePolicy: { retentionDurationSeconds: 2_592_000 },
  });
  expect(inputs).not.toHaveProperty("versioning");
});

it.each<[string, () => unknown, string]>([
  [
    "a bucket",
    () => new UploadsBucket("uploads", { ...bucket, bucketName: "Uploads!", writers: {}, restorableDays: 0 }),
    "uploads.writers: nobody could write to the bucket. Name the app's account.\n" +
      'uploads.bucketName: "Uploads!" is no name of a bucket. Give 3 to 63 lower-case letters, digits, - or _.\n' +
      "uploads.restorableDays: 0 is not a whole number of days above 0. Give at least 1.",
  ],
  [
    "a hierarchical bucket",
    () => new UploadsBucket("uploads", { ...bucket, hierarchical: true, restorableDays: 3 }),
    "uploads.restorableDays: soft delete keeps objects for 7 to 90 days, not 3. Give a number between.",
  ],
  [
    "a registry",
    () => new ContainerRegistry("images", { ...registry, domain: "pkg.dev", keptVersions: 0, keptDays: 1.5 }),
    "images.keptVersions: 0 is not a whole number above 0. Give at least 1.\n" +
      "images.keptDays: 1.5 is not a whole number above 0. Give at least 1.\n" +
      "images.location: no region is given. Give one, such as us-east1.",
  ],
])("refuses %s with all that is wrong, before anything is made", async (_, make, message) => {
  const made = await registrationsOf(() => {
    expect(make).toThrow(expect.objectContaining({ message }));
  });
  expect(made).toEqual([]);
});

it("makes names that Google Cloud takes", () => {
  expect(slug("My_App 2!")).toBe("my-app-2");
  expect(slug("2048")).toBe("a-2048");
  const long = distinctName("flask-upload-demo-app-production", 30);
  expect(long).toMatch(/^[a-z][-a-z0-9]{4,28}[a-z0-9]$/);
  expect(distinctName("flask-upload-demo-app-productioN", 30)).not.toBe(long);
});
