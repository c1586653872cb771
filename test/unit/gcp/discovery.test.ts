import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { readApp } from "../../../compose/read.ts";
import { unknownToGoogle } from "../../support/googleApis.ts";
import { requests } from "../../support/googleRequests.ts";
import type { Registration } from "../../support/recorder.ts";
import { root } from "../../support/stack.ts";
import { registered } from "./registered.ts";
import { shop } from "./sampleApp.ts";

// Checks names, types and words as Google's discovery documents have them, not whether a request would be granted.

const all: Registration[] = [];
const named = (name: string) => all.find((each) => each.name === name) as Registration;

beforeAll(async () => {
  const environment = { HTTP_PORT: "80", GCS_BUCKET: "uploads" };
  const demo = (variant: string) =>
    readApp({ file: join(root, "docker/flask-upload-demo", variant), target: "gcp", environment });
  for (const args of [
    { app: shop, ssh: true, allBuckets: true },
    { app: shop, buckets: { hierarchical: true } },
    { app: await demo("gcsfuse") },
    { app: await demo("nginx") },
  ]) {
    all.push(...(await registered(args)).filter(({ type }) => type.startsWith("gcp:")));
  }
}, 60_000);

it("asks Google for nothing that its APIs do not have", () => {
  const used = new Set<string>();
  expect(all.flatMap((each) => unknownToGoogle(each, used))).toEqual([]);
  // Nothing is excused that need not be, and no type is left out.
  const excused = Object.entries(requests).flatMap(([type, [, differences = {}]]) =>
    Object.keys(differences).map((path) => `${type} ${path}`),
  );
  expect([...used].sort()).toEqual(excused.sort());
  expect([...new Set(all.map(({ type }) => type))].sort()).toEqual(Object.keys(requests).sort());
});

it.each<[string, object, string]>([
  ["shop-vm-instance", { colour: "red" }, "colour: compute.instances.insert has no colour"],
  [
    "shop-vm-instance",
    { scheduling: { onHostMaintenance: "MOVE" } },
    "scheduling.onHostMaintenance is MOVE, none of MIGRATE, TERMINATE",
  ],
  ["shop-vm-instance", { canIpForward: "no" }, "canIpForward is of type string, not boolean"],
  [
    "shop-vm-instance",
    { networkInterfaces: { subnetwork: "x" } },
    "networkInterfaces.subnetwork: compute.instances.insert has no networkInterfaces.subnetwork",
  ],
  [
    "shop-vm-instance",
    { bootDisk: { initializeParams: { sizeGb: 10 } } },
    "bootDisk.initializeParams.sizeGb: compute.instances.insert has no disks[].initializeParams.sizeGb",
  ],
  ["shop-firewall-web", { direction: "SIDEWAYS" }, "direction is SIDEWAYS, none of EGRESS, INGRESS"],
  [
    "shop-uploads-bucket",
    { publicAccessPrevention: "always" },
    "publicAccessPrevention is always, none of inherited, enforced",
  ],
])("notices in %s the invented %j", (name, invented, problem) => {
  const { type, inputs } = named(name);
  expect(unknownToGoogle({ type, name, inputs: { ...inputs, ...invented } })).toEqual([`${name}: ${problem}`]);
});
