import { expect, it } from "vitest";
import { adopted, pendingCreates } from "../../../tools/interrupted.mjs";

const urn = (type: string, name: string) => `urn:pulumi:dev::retrofit::retrofit:gcp:Deployment$${type}::${name}`;
const pending = (type: string, name: string, inputs?: Record<string, unknown>, operation = "creating") => ({
  type: operation,
  resource: { urn: urn(type, name), type, inputs },
});
const place = { project: "shop", zone: "us-east1-b", region: "us-east1" };

it("knows what was being made by the id that it has, where its name was chosen before", () => {
  const operations = [
    pending("gcp:compute/instance:Instance", "shop-vm-instance", { ...place, name: "shop-vm-instance-4711" }),
    pending("gcp:compute/address:Address", "shop-vm-address", { ...place, name: "shop-vm-address-42" }),
    pending("gcp:storage/bucket:Bucket", "uploads-bucket", { project: "shop", name: "$&-storage" }),
    pending("gcp:serviceaccount/account:Account", "app-account", { project: "shop", accountId: "shop-dev" }),
    pending("docker-build:index:Image", "web-image", {}),
    pending("gcp:compute/disk:Disk", "without-a-name", { project: "shop" }),
    pending("gcp:compute/instance:Instance", "being-deleted", { ...place, name: "old" }, "deleting"),
  ];
  const found = pendingCreates({ deployment: { pending_operations: operations } });
  expect(found.map(({ urn, id }) => [urn.split("::").at(-1), id])).toEqual([
    ["shop-vm-instance", "projects/shop/zones/us-east1-b/instances/shop-vm-instance-4711"],
    ["shop-vm-address", "projects/shop/regions/us-east1/addresses/shop-vm-address-42"],
    ["uploads-bucket", "$&-storage"],
    ["app-account", "projects/shop/serviceAccounts/shop-dev@shop.iam.gserviceaccount.com"],
    ["web-image", undefined],
    ["without-a-name", undefined],
  ]);
});

it("gives the stack what was being made, after what it has, and forgets what was never told", () => {
  const resources = [
    { urn: urn("gcp:compute/address:Address", "address"), type: "gcp:compute/address:Address", id: "a" },
  ];
  const instance = pending("gcp:compute/instance:Instance", "vm", { ...place, name: "vm-1" });
  const operations = [instance, pending("docker-build:index:Image", "web-image", {})];
  expect(adopted({ deployment: { resources, pending_operations: operations } })).toEqual({
    deployment: {
      resources: [...resources, { ...instance.resource, id: "projects/shop/zones/us-east1-b/instances/vm-1" }],
    },
  });
});

it("finds nothing in a stack that was never interrupted", () => {
  expect(pendingCreates({})).toEqual([]);
  expect(pendingCreates({ deployment: {} })).toEqual([]);
});
