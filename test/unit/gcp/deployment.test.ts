import { describe, expect, it } from "vitest";
import { Deployment } from "../../../components/gcp/deployment.ts";
import { app, secretsOf, service, volume } from "../../support/app.ts";
import { type Registration, registrationsOf } from "../../support/recorder.ts";
import { registered } from "./registered.ts";
import { shop } from "./sampleApp.ts";

const kinds = (all: Registration[]) => all.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort();
const inputsOf = (all: Registration[], name: string) => all.find((each) => each.name === name)?.inputs;

const plain = app([
  service("web", { ports: [{ target: 5000, published: 80, protocol: "tcp" }], restart: { policy: "unless-stopped" } }),
]);

/** What every deployment has. */
const always = [
  "Account shop-app-account",
  "Address shop-vm-address",
  "AppSecrets shop-secrets",
  "AppServiceAccount shop-app",
  "ContainerRegistry shop",
  "ContainerVm shop-vm",
  "Deployment shop",
  "Firewall shop-firewall-web",
  "IAMMember shop-app-logging.logWriter",
  "IAMMember shop-app-monitoring.metricWriter",
  "Instance shop-vm-instance",
  "Network shop-vpc",
  "Network shop-vpc-network",
  "ProjectServices shop",
  "Repository shop-repository",
  "RepositoryIamMember shop-app-artifactregistry.reader",
  ...[
    "artifactregistry",
    "cloudresourcemanager",
    "compute",
    "iam",
    "logging",
    "monitoring",
    "secretmanager",
    "storage",
  ].map((name) => `Service shop-${name}`),
  "Subnetwork shop-vpc-subnetwork",
  "WebFirewall shop-firewall",
];

// Proves the wiring only; that a VM releases what is rendered is shown with a real systemd and engine.
describe("Deployment", () => {
  it("makes for a stateless app just this", async () => {
    expect(kinds(await registered({ app: plain }))).toEqual(always.sort());
  });

  it("adds bucket, disk and secrets for an app that has them", async () => {
    const all = await registered({ app: shop });
    const secrets = ["db-POSTGRES_PASSWORD", "secret-key", "web-URL"];
    expect(kinds(all)).toEqual(
      [
        ...always,
        "Bucket shop-uploads-bucket",
        "BucketIAMMember shop-uploads-app-objects",
        "BuiltImage shop-gcsfuse",
        "DataDisk shop-data",
        "Disk shop-data-disk",
        "DiskResourcePolicyAttachment shop-data-snapshots-of-disk",
        "Image shop-gcsfuse-image",
        "Image shop-gcsfuse-tags",
        "ResourcePolicy shop-data-snapshots",
        "UploadsBucket shop-uploads",
        ...secrets.flatMap((key) => [
          `Secret shop-secrets-${key}`,
          `SecretIamMember shop-secrets-${key}-reader`,
          `SecretVersion shop-secrets-${key}-version`,
        ]),
      ].sort(),
    );
    expect(inputsOf(all, "shop-uploads-bucket")).toEqual({
      project: "shop-1",
      name: "shop-1-storage",
      location: "US-EAST1",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      lifecycleRules: [
        { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: 30, withState: "ARCHIVED" } },
      ],
      forceDestroy: false,
    });
    expect(inputsOf(all, "shop-data-disk")).toMatchObject({ size: 10, createSnapshotBeforeDestroy: true });
    expect(inputsOf(all, "shop-vm-instance")).toMatchObject({
      attachedDisks: [{ source: "shop-data-disk-id", deviceName: "retrofit-data" }],
    });
    expect(inputsOf(all, "shop-secrets-web-URL-version")).toMatchObject({ deletionPolicy: "ABANDON" });
  });

  it("hardens the VM, and tells it nothing secret", async () => {
    const instance = inputsOf(await registered({ app: shop }), "shop-vm-instance") as Record<string, unknown>;
    // CKV_GCP_30, 31, 32, 34, 35, 36 and 39.
    expect(instance).toMatchObject({
      machineType: "e2-medium",
      zone: "us-east1-b",
      allowStoppingForUpdate: true,
      canIpForward: false,
      tags: ["http-server"],
      bootDisk: {
        initializeParams: {
          image: "projects/cos-cloud/global/images/family/cos-stable",
          size: 10,
          type: "pd-standard",
        },
      },
      serviceAccount: { email: "app@shop-1.iam.gserviceaccount.com", scopes: ["cloud-platform"] },
      networkInterfaces: [{ accessConfigs: [{ natIp: "192.0.2.7", networkTier: "STANDARD" }] }],
      shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
      scheduling: { automaticRestart: true, onHostMaintenance: "MIGRATE" },
    });
    const {
      "user-data": userData,
      "retrofit-release": release,
      ...flags
    } = instance.metadata as Record<string, string>;
    expect(flags).toEqual({
      "enable-guest-attributes": "TRUE",
      "enable-oslogin": "TRUE",
      "block-project-ssh-keys": "TRUE",
      "serial-port-enable": "FALSE",
      "google-logging-enabled": "true",
      "google-monitoring-enabled": "true",
    });
    expect(userData).toMatch(/^#cloud-config\n/);
    expect(release).toMatch(/^[0-9a-f]{12}\n[A-Za-z0-9+/=]+\n$/);
    expect(JSON.stringify(instance)).not.toMatch(/gce-container-declaration|hunter2|ssh-rsa/);
  });

  it("opens 80 and 443 and what is listed, to the tag alone, and SSH to identity-aware proxy if asked", async () => {
    const ports = [80, 443, 9000, 5432].map((port) => ({ target: port, published: port, protocol: "tcp" as const }));
    const open = { ...app([service("web", { ports })]), expose: [9000] };
    const all = await registered({ app: open, ssh: true });
    expect(inputsOf(all, "shop-firewall-web")).toMatchObject({
      direction: "INGRESS",
      allows: [{ protocol: "tcp", ports: ["80", "443", "9000"] }],
      sourceRanges: ["0.0.0.0/0"],
      targetTags: ["http-server"],
    });
    expect(inputsOf(all, "shop-firewall-ssh")).toMatchObject({
      allows: [{ protocol: "tcp", ports: ["22"] }],
      sourceRanges: ["35.235.240.0/20"],
    });
  });

  it("uses a bucket that exists, and names one of several by its volume", async () => {
    const mounts = ["a", "b"].map((name) => ({
      kind: "volume" as const,
      volume: name,
      target: `/${name}`,
      readOnly: false,
      noCopy: false,
    }));
    const two = app(
      [service("web", { mounts })],
      [volume("a", { storage: "bucket", existing: "old" }), volume("b", { storage: "bucket" })],
    );
    const all = await registered({ app: two, destroyContent: true });
    expect(
      all.filter(({ type }) => type.endsWith(":Bucket")).map(({ inputs }) => [inputs.name, inputs.forceDestroy]),
    ).toEqual([["shop-1-storage-b", true]]);
    expect(inputsOf(all, "shop-a-app-objects")).toMatchObject({ bucket: "old", role: "roles/storage.objectAdmin" });
  });

  it("refuses everything that is wrong at once, before anything is made", async () => {
    const wrong = {
      ...app([
        service("web", {
          ports: [{ target: 22, published: 22, protocol: "tcp" }],
        }),
      ]),
      expose: [22],
    };
    const vm = { bootDiskSize: 5, networkTier: "FAST" as "PREMIUM" };
    const made = await registrationsOf(() => {
      expect(
        () =>
          new Deployment("shop", {
            app: wrong,
            images: {},
            registry: { host: "127.0.0.1", repository: (name) => name, ready: [] },
            secrets: secretsOf({}),
            project: "shop-1",
            zone: "us-east1",
            contexts: "/nowhere",
            vm,
          }),
      ).toThrow(
        [
          'shop.zone: "us-east1" is no zone. Give one such as us-east1-b.',
          "shop.bootDiskSize: 5 GB cannot hold the system. Give at least 10.",
          'shop.networkTier: "FAST" is no network tier. Give STANDARD or PREMIUM.',
          "/srv/shop/compose.yaml: services.ports: 22 is for logging in to the machine, and is not opened to the world. " +
            "Publish the service on another port.",
        ].join("\n"),
      );
    });
    expect(made).toEqual([]);
  });
});
