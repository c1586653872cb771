import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../embedded/daemon/client.ts";
import { gcpClient } from "../../embedded/gcp/client.ts";
import { ProviderStack } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { idOf, leftOf } from "../support/leftOnDocker.ts";
import { docker } from "../support/stack.ts";

/** A page on port 80 that says what is on the data disk, and another one on port 81. */
const userData = `#cloud-config
write_files:
- path: /etc/systemd/system/web@.service
  content: |
    [Unit]
    After=data.service
    [Service]
    ExecStart=/usr/bin/socat TCP-LISTEN:%i,fork,reuseaddr EXEC:"/bin/bash /etc/page.sh"
- path: /etc/page.sh
  content: |
    while IFS= read -r line && [[ $line != $'\\r' ]]; do :; done
    printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'
    cat /mnt/disks/data/page
- path: /etc/data.sh
  content: |
    device=/dev/disk/by-id/google-data
    blkid -p $device || mkfs.ext4 -q $device
    mkdir -p /mnt/disks/data && mount -o nosuid,nodev $device /mnt/disks/data
    [ -e /mnt/disks/data/page ] || hostname > /mnt/disks/data/page
    echo boot >> /mnt/disks/data/page
runcmd:
- /bin/bash /etc/data.sh
- iptables -w -A INPUT -p tcp -m multiport --dports 80,81 -j ACCEPT
- systemctl daemon-reload
- systemctl start --no-block web@80 web@81
`;

const program = (change: Record<string, unknown> = {}) => {
  const {
    tag = "http-server",
    size = 10,
    label = "one",
    machineType = "e2-small",
    name = "one",
    ports = ["80"],
    extra = "",
  } = change;
  return `
const service = (api) => new gcp.projects.Service(api, { service: api + ".googleapis.com" });
const apis = ["compute", "iam", "secretmanager"].map(service);
const account = new gcp.serviceaccount.Account("app", { accountId: "app-account" }, { dependsOn: apis });
const network = new gcp.compute.Network("net", { autoCreateSubnetworks: false }, { dependsOn: apis });
const subnetwork = new gcp.compute.Subnetwork("sub", { network: network.id, ipCidrRange: "10.20.0.0/24" });
new gcp.compute.Firewall("web", { network: network.selfLink, allows: [{ protocol: "tcp", ports: ${JSON.stringify(ports)} }], sourceRanges: ["0.0.0.0/0"], targetTags: ["http-server"] });
new gcp.compute.Firewall("private", { network: network.id, allows: [{ protocol: "tcp", ports: ["81"] }], sourceRanges: ["10.0.0.0/8"] });
const address = new gcp.compute.Address("address", { networkTier: "STANDARD" }, { dependsOn: apis });
const disk = new gcp.compute.Disk("data", { size: ${size}, labels: { a: "${label}" } }, { dependsOn: apis });
const bucket = new gcp.storage.Bucket("uploads", { location: "us-east1", uniformBucketLevelAccess: true });
const secret = new gcp.secretmanager.Secret("password", { secretId: "password", replication: { auto: {} } }, { dependsOn: apis });
const version = new gcp.secretmanager.SecretVersion("password", { secret: secret.id, secretData: pulumi.secret("s3cret-value") });
new gcp.storage.BucketIAMMember("writer", { bucket: bucket.name, role: "roles/storage.objectAdmin", member: account.member });
const instance = new gcp.compute.Instance("vm", {
  name: "vm-${name}",
  machineType: "${machineType}",
  allowStoppingForUpdate: ${change.allow ?? true},
  bootDisk: { initializeParams: { image: "projects/cos-cloud/global/images/family/cos-stable" } },
  attachedDisks: [{ source: disk.selfLink, deviceName: "data" }],
  networkInterfaces: [{ subnetwork: subnetwork.id, accessConfigs: [{ natIp: address.address, networkTier: "STANDARD" }] }],
  tags: ["${tag}"],
  serviceAccount: { email: account.email, scopes: ["cloud-platform"] },
  metadata: { "user-data": ${JSON.stringify(userData)}, label: "${label}" },
}, { deleteBeforeReplace: true });
${extra}
export const ip = address.address;
export const email = account.email;
export const link = instance.selfLink;
export const internal = instance.networkInterfaces[0].networkIp;
export const versionName = version.name;
export const bucketUrl = bucket.url;
`;
};

describe("the gcp provider server", () => {
  let stack: ProviderStack;
  let client: Client;
  let folder: string;
  const control = (command: string, ...args: string[]) => client.ask({ kind: "control", command, args });

  beforeAll(async () => {
    stack = await ProviderStack.create(program(), "gcp");
    folder = join(stack.folder, "embedded", "gcp");
    client = gcpClient(folder);
    await stack.config("gcp:project", "retrofit-test");
    await stack.config("gcp:zone", "us-east1-b");
    await stack.config("gcp:region", "us-east1");
  });
  afterAll(async () => {
    await stack.program("");
    await stack.remove();
  });

  const page = async (port = 80) => {
    const { ip } = await stack.outputs();
    const response = await fetch(`http://${ip}:${port}/`, { signal: AbortSignal.timeout(3000) });
    return response.text();
  };

  it("previews without starting the cloud", async () => {
    const preview = await stack.preview();
    expect(preview.messages).toBe("");
    expect(preview.ok).toBe(true);
    expect(preview.steps).toContain("create vm");
    expect(client.isRunning()).toBe(false);
  });

  it("makes what the program says, with the real provider's formats", async () => {
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.ok).toBe(true);
    const outputs = await stack.outputs();
    expect(outputs).toMatchObject({
      email: "app-account@retrofit-test.iam.gserviceaccount.com",
      link: "https://www.googleapis.com/compute/v1/projects/retrofit-test/zones/us-east1-b/instances/vm-one",
      internal: "10.20.0.2",
      versionName: expect.stringMatching(/^projects\/\d{12}\/secrets\/password\/versions\/1$/),
      bucketUrl: expect.stringMatching(/^gs:\/\/uploads-[0-9a-f]{7}$/),
    });
    const { web, app, vm } = await stack.state();
    expect(web?.id).toMatch(/^projects\/retrofit-test\/global\/firewalls\/web-[0-9a-f]{7}$/);
    expect(app?.id).toBe("projects/retrofit-test/serviceAccounts/app-account@retrofit-test.iam.gserviceaccount.com");
    expect(vm?.id).toBe("projects/retrofit-test/zones/us-east1-b/instances/vm-one");
    expect(await stack.backend()).not.toContain("s3cret-value");
  });

  it("opens to the world the ports that the firewall lets in, and no others", async () => {
    expect(await eventually(() => page())).toBe("vm-one\nboot\n");
    // It listens, and its own firewall is open: the network's rule is for 10.0.0.0/8 only.
    await expect(page(81)).rejects.toThrow();
  });

  it("shows no change, not even after a refresh", async () => {
    const preview = await stack.preview("--refresh");
    expect(preview.messages).toBe("");
    expect(preview.steps).toEqual([]);
  });

  it("changes in place what can be: labels, metadata, firewall, disk, tags", async () => {
    await stack.program(program({ label: "two", size: 12, ports: ["80", "81"] }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps.map((step) => step.split(":")[0]).sort()).toEqual(["update data", "update vm", "update web"]);
    expect(await eventually(() => page(81))).toBe("vm-one\nboot\n");
    const container = await docker("ps", "--quiet", "--filter", `label=retrofit.embedded.gcp=${idOf(folder)}`);
    expect(await docker("exec", container, "blockdev", "--getsize64", "/dev/disk/by-id/google-data")).toBe(
      String(12 * 1024 ** 3),
    );

    await stack.program(program({ label: "two", size: 12, tag: "other" }));
    expect((await stack.up()).steps.map((step) => step.split(":")[0]).sort()).toEqual(["update vm", "update web"]);
    await expect(page()).rejects.toThrow();
  });

  it("asks before it stops an instance for a change, and then does", async () => {
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", allow: false }));
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(refused.messages).toContain("please set allow_stopping_for_update = true in your config");
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium" }));
    expect((await stack.up()).messages).toBe("");
    expect(await eventually(() => page())).toBe("vm-one\nboot\nboot\n");
  });

  it("replaces an instance at the same address, with the same disk", async () => {
    const { ip } = await stack.outputs();
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", name: "two" }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps).toContain("replace vm: name");
    expect((await stack.outputs()).ip).toBe(ip);
    expect(await eventually(() => page())).toBe("vm-one\nboot\nboot\nboot\n");
  });

  it("sees after a refresh what was deleted from outside, and makes it again", async () => {
    await control("kill");
    const up = await stack.up("--refresh");
    expect(up.messages).toBe("");
    expect(up.steps).toContain("create vm");
    expect(await eventually(() => page())).toBe(`vm-one\n${"boot\n".repeat(4)}`);
  });

  it("imports what exists", async () => {
    const id = await stack.id("uploads");
    const extra = `new gcp.storage.Bucket("again", { name: "${id}", location: "US-EAST1", uniformBucketLevelAccess: true }, { import: "${id}", retainOnDelete: true });`;
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", name: "two", extra }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps).toEqual(["import again"]);
    expect((await stack.state()).again?.outputs.url).toBe(`gs://${id}`);
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", name: "two" }));
    expect((await stack.up()).steps).toEqual(["delete again"]);
  });

  it.each([
    [
      "an API that is not enabled",
      'new gcp.artifactregistry.Repository("r", { repositoryId: "r", location: "us", format: "DOCKER" });',
      "Artifact Registry API has not been used in project",
    ],
    [
      "an unknown property",
      'new gcp.storage.Bucket("b", { location: "US", versioning: { enabeld: true } });',
      "versioning.enabeld is no property here; did you mean enabled?",
    ],
    [
      "what is not imitated",
      'new gcp.storage.Bucket("b", { location: "US", website: { mainPageSuffix: "x" } });',
      "the embedded cloud does not imitate it",
    ],
    [
      "a type that it does not have",
      'new gcp.dns.ManagedZone("z", { dnsName: "example.com." });',
      "gcp:dns/managedZone:ManagedZone is not implemented",
    ],
    [
      "another operating system",
      'new gcp.compute.Instance("w", { machineType: "e2-micro", bootDisk: { initializeParams: { image: "debian-cloud/debian-12" } }, networkInterfaces: [{ network: "default" }] });',
      "the embedded cloud has Container-Optimized OS (cos-cloud) only",
    ],
    [
      "an account that is not there",
      'new gcp.storage.BucketIAMMember("m", { bucket: bucket.name, role: "roles/storage.objectViewer", member: "serviceAccount:no@retrofit-test.iam.gserviceaccount.com" });',
      "Service account no@retrofit-test.iam.gserviceaccount.com does not exist.",
    ],
    [
      "a rule from nowhere",
      'new gcp.compute.Firewall("f", { network: "default", allows: [{ protocol: "tcp" }] });',
      "one of source_tags, source_ranges, or source_service_accounts must be defined",
    ],
  ])("refuses %s", async (_, extra, message) => {
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", name: "two", extra }));
    const up = await stack.up("--target-dependents", "--continue-on-error");
    expect(up.ok).toBe(false);
    expect(up.messages).toContain(message);
  });

  it("fails on demand", async () => {
    const extra = 'new gcp.storage.Bucket("more", { location: "US" });';
    await stack.program(program({ label: "two", size: 12, machineType: "e2-medium", name: "two", extra }));
    await control("fail", JSON.stringify({ type: "bucket", operation: "create", error: "quota", times: 1 }));
    expect((await stack.up()).messages).toContain("googleapi: Error 403: Quota 'BUCKETS' exceeded.");
    await control("fail", JSON.stringify({ name: "more", operation: "create", error: "timeout", delay: 1, times: 1 }));
    const late = await stack.up();
    expect(late.messages).toContain("Error waiting to create bucket: timeout while waiting for state to become 'DONE'");
    expect((await stack.state()).more?.id).toMatch(/^more-/);
    expect((await stack.up()).ok).toBe(true);
  });

  it("does not delete a bucket that holds something, and leaves nothing otherwise", async () => {
    const bucket = await stack.id("uploads");
    const { port } = await emulator();
    const put = `http://127.0.0.1:${port}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=a`;
    expect((await fetch(put, { method: "POST", body: "x" })).status).toBe(200);
    await stack.program("");
    const refused = await stack.up();
    expect(refused.messages).toContain(`Error trying to delete bucket ${bucket} without \`force_destroy\` set to true`);
    await fetch(`http://127.0.0.1:${port}/storage/v1/b/${bucket}/o/a`, { method: "DELETE" });
    expect((await stack.up()).messages).toBe("");
    await eventually(async () => {
      expect(existsSync(folder)).toBe(false);
      expect(client.isRunning()).toBe(false);
    });
    expect(await leftOf("gcp", folder)).toEqual([]);
  });

  async function emulator(): Promise<{ port: number }> {
    return (await control("emulator")) as { port: number };
  }
});
