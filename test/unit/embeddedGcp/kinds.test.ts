import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { PlainMap } from "../../../embedded/core/value.ts";
import type { Cloud } from "../../../embedded/gcp/cloud.ts";
import type { Scope } from "../../../embedded/gcp/resources/kind.ts";
import { kinds } from "../../../embedded/gcp/resources/kinds.ts";
import { Store } from "../../../embedded/gcp/store.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-kinds-"));
afterAll(() => rmSync(folder, { recursive: true }));

const store = new Store(join(folder, "state.json"));
const cloud = { store, instances: { all: () => [], get: () => undefined } } as unknown as Cloud;
const place = { project: "p", region: "us-east1", zone: "us-east1-b", defaultLabels: { team: "a" }, attribution: true };
const scope: Scope = { cloud, place, call: { signal: AbortSignal.abort(), log: () => undefined } };

const kindOf = (noun: string) => kinds.find((kind) => kind.noun === noun) ?? (kinds[0] as (typeof kinds)[number]);
const outputs = (noun: string, inputs: PlainMap, before?: PlainMap) => kindOf(noun).outputs(inputs, scope, before);
const idOf = (noun: string, inputs: PlainMap) => kindOf(noun).id(outputs(noun, inputs));

const instance = (more: PlainMap = {}): PlainMap => ({
  name: "web",
  machineType: "e2-small",
  bootDisk: { initializeParams: { image: "cos-cloud/cos-stable" } },
  networkInterfaces: [{ network: "default" }],
  ...more,
});

describe("ids and formats are the real provider's", () => {
  it.each([
    ["Service", { service: "compute.googleapis.com" }, "p/compute.googleapis.com"],
    [
      "service account",
      { accountId: "app-account" },
      "projects/p/serviceAccounts/app-account@p.iam.gserviceaccount.com",
    ],
    ["bucket", { name: "uploads", location: "us" }, "uploads"],
    ["Network", { name: "n" }, "projects/p/global/networks/n"],
    [
      "Subnetwork",
      { name: "s", network: "default", ipCidrRange: "10.0.0.0/24" },
      "projects/p/regions/us-east1/subnetworks/s",
    ],
    [
      "Firewall",
      { name: "f", network: "default", allows: [{ protocol: "tcp" }], sourceTags: ["a"] },
      "projects/p/global/firewalls/f",
    ],
    ["Address", { name: "a" }, "projects/p/regions/us-east1/addresses/a"],
    ["Disk", { name: "d" }, "projects/p/zones/us-east1-b/disks/d"],
    ["instance", instance(), "projects/p/zones/us-east1-b/instances/web"],
    ["Attached disk", { disk: "d", instance: "web" }, "projects/p/zones/us-east1-b/instances/web/d"],
    ["Secret", { secretId: "s", replication: { auto: {} } }, "projects/p/secrets/s"],
    [
      "Repository",
      { repositoryId: "gcr.io", location: "us", format: "DOCKER" },
      "projects/p/locations/us/repositories/gcr.io",
    ],
    ["ResourcePolicy", { name: "r" }, "projects/p/regions/us-east1/resourcePolicies/r"],
    ["DiskResourcePolicyAttachment", { name: "r", disk: "projects/p/zones/us-east1-b/disks/d" }, "p/us-east1-b/d/r"],
  ] as [string, PlainMap, string][])("%s", (noun, inputs, id) => expect(idOf(noun, inputs)).toBe(id));

  it.each([
    ["gcp:projects/", { role: "roles/viewer", member: "allUsers" }, "p/roles/viewer/allUsers"],
    ["gcp:storage/", { bucket: "u", role: "r", member: "m" }, "b/u/r/m"],
    ["gcp:secretmanager/", { secretId: "s", role: "r", member: "m" }, "projects/p/secrets/s/r/m"],
    [
      "gcp:artifactregistry/",
      { repository: "projects/p/locations/us/repositories/gcr.io", role: "r", member: "m" },
      "projects/p/locations/us/repositories/gcr.io/r/m",
    ],
    [
      "gcp:serviceaccount/iAM",
      { serviceAccountId: "projects/p/serviceAccounts/e", role: "r", member: "m" },
      "projects/p/serviceAccounts/e/r/m",
    ],
  ])("a member of %s", (type, inputs, id) => {
    const kind = kinds.find((each) => each.type.startsWith(type) && each.type.includes("Member"));
    expect(kind?.id(kind.outputs(inputs, scope))).toBe(id);
  });

  it("labels are the program's, the provider's and Pulumi's", () => {
    expect(outputs("Address", { name: "a", labels: { app: "x" } })).toMatchObject({
      labels: { app: "x" },
      pulumiLabels: { app: "x", team: "a" },
      effectiveLabels: { app: "x", team: "a", "goog-pulumi-provisioned": "true" },
    });
  });

  it("an update keeps what was given at first", () => {
    const before = outputs("instance", instance());
    const after = outputs("instance", instance({ tags: ["b", "a"] }), before);
    expect(after).toMatchObject({
      instanceId: before.instanceId,
      creationTimestamp: before.creationTimestamp,
      tags: ["a", "b"],
    });
    expect(after.tagsFingerprint).not.toBe(before.tagsFingerprint);
    expect(after.metadataFingerprint).toBe(before.metadataFingerprint);
  });

  it("an instance's outputs say what the API would fill in", () => {
    expect(outputs("instance", instance({ serviceAccount: { scopes: ["cloud-platform"] } }))).toMatchObject({
      bootDisk: {
        autoDelete: true,
        deviceName: "persistent-disk-0",
        initializeParams: { size: 10, type: "pd-standard", image: expect.stringMatching(/\/images\/cos-stable-121-/) },
      },
      networkInterfaces: [
        {
          name: "nic0",
          network: "https://www.googleapis.com/compute/v1/projects/p/global/networks/default",
          subnetwork: "https://www.googleapis.com/compute/v1/projects/p/regions/us-east1/subnetworks/default",
          stackType: "IPV4_ONLY",
        },
      ],
      scheduling: {
        automaticRestart: true,
        onHostMaintenance: "MIGRATE",
        preemptible: false,
        provisioningModel: "STANDARD",
      },
      serviceAccount: {
        email: "199744989092-compute@developer.gserviceaccount.com",
        scopes: ["https://www.googleapis.com/auth/cloud-platform"],
      },
      shieldedInstanceConfig: { enableIntegrityMonitoring: true, enableSecureBoot: false, enableVtpm: true },
    });
  });
});

describe("what the API would refuse is refused", () => {
  const large = "x".repeat(256 * 1024 + 1);
  it.each([
    [
      "instance",
      instance({ machineType: "huge" }),
      "The resource 'projects/p/zones/us-east1-b/machineTypes/huge' was not found",
    ],
    ["instance", instance({ zone: "nowhere" }), "Invalid value for field 'zone': 'nowhere'."],
    ["instance", instance({ metadata: { "user-data": large } }), "Value for metadata key 'user-data' is too large"],
    ["instance", instance({ metadata: { a: large.slice(2), b: large.slice(2), c: "x" } }), "exceeding the total limit"],
    [
      "instance",
      instance({ metadata: { "not a key": "x" } }),
      "Invalid value for field 'metadata.items.key': 'not a key'.",
    ],
    [
      "instance",
      instance({ bootDisk: { initializeParams: { image: "cos-cloud/cos-stable", size: 5 } } }),
      "cannot be smaller than the image size (10 GB)",
    ],
    ["instance", instance({ bootDisk: {} }), "an image must be given"],
    ["instance", instance({ networkInterfaces: [{}] }), "exactly one of network or subnetwork must be provided"],
    [
      "instance",
      instance({ networkInterfaces: [{ network: "gone" }] }),
      "The resource 'projects/p/global/networks/gone' was not found",
    ],
    [
      "instance",
      instance({ scheduling: { preemptible: true, automaticRestart: true } }),
      "a preemptible instance is not restarted",
    ],
    [
      "instance",
      instance({ serviceAccount: { scopes: ["everything"] } }),
      "Invalid value for field 'resource.serviceAccounts[0].scopes': 'everything'.",
    ],
    [
      "bucket",
      { name: "uploads", location: "us", hierarchicalNamespace: { enabled: true } },
      "no buckets with hierarchical namespace",
    ],
    ["Disk", { name: "d", size: 5 }, "Disk size cannot be smaller than 10 GB: 5"],
    ["Disk", { name: "d", type: "floppy" }, "diskTypes/floppy' was not found"],
    [
      "Firewall",
      { name: "f", network: "default", allows: [{ protocol: "tcp" }] },
      "one of source_tags, source_ranges, or source_service_accounts must be defined",
    ],
    ["Firewall", { name: "f", network: "default", sourceTags: ["a"] }, "exactly one of allow, deny must be specified"],
    [
      "Firewall",
      { name: "f", network: "default", sourceRanges: ["1.2.3.4/8"], allows: [{ protocol: "tcp" }] },
      "is not an IPv4 range",
    ],
    [
      "Firewall",
      { name: "f", network: "default", sourceTags: ["a"], allows: [{ protocol: "icmp", ports: ["1"] }] },
      "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].",
    ],
    ["Secret", { secretId: "a b", replication: { auto: {} } }, 'Invalid secret id "a b"'],
    [
      "Secret",
      { secretId: "a", replication: {} },
      "exactly one of replication.auto, replication.user_managed must be specified",
    ],
    [
      "SecretVersion",
      { secret: "projects/p/secrets/none", secretData: "x" },
      "Secret [projects/p/secrets/none] not found.",
    ],
    ["Address", { name: "a", labels: { App: "x" } }, "Labels are lower-case."],
  ] as [string, PlainMap, string][])("%s %#", (noun, inputs, message) => {
    expect(() => outputs(noun, inputs)).toThrow(message);
  });

  it("and a project must be known", () => {
    const { project: _none, ...elsewhere } = place;
    expect(() => kindOf("Address").outputs({ name: "a" }, { ...scope, place: elsewhere })).toThrow(
      "project: required field is not set",
    );
  });

  it("what would lose data in a replacement is refused here", () => {
    const before = outputs("Disk", { name: "d", size: 20 });
    expect(() => outputs("Disk", { name: "d", size: 15 }, before)).toThrow(
      "the real provider would replace it, with all that is on it",
    );
  });
});
