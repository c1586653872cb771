import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bucketType } from "../../embedded/gcp/storage/buckets.ts";
import { download, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { compileTime, GcpApp } from "../support/gcpApp.ts";

const run = promisify(execFile);

// What docs/gcp.md lists under "Choices": one deployment that differs from the defaults wherever it can. Its steps build on
// earlier ones. The buckets are there before it and after it.
describe("an app on a VM for which nearly everything is chosen otherwise", () => {
  let app: GcpApp;
  let http: string;
  /** What was uploaded at the start. */
  let path: string;
  const bytes = Buffer.from("kept in a bucket that was there before");
  const names = () => ({ own: `${app.project}-photos`, other: `${app.project}-other` });
  const chosen = () => ({
    registry: `us-east1-docker.pkg.dev/${app.project}/shop`,
    networkTier: "PREMIUM",
    machineType: "e2-small",
    allBuckets: true,
    ssh: true,
    snapshotDays: 7,
    volumes: { uploads: { storage: "bucket", existing: names().own } },
  });

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-upload-demo", { app: "nginx" });
    // Beside the app something that keeps its data on the disk: a line for each of its starts.
    await app.edit(
      "nginx/compose.yaml",
      "volumes:\n  uploads:\n",
      `  diary:
    image: python:3.13-slim
    command: [sh, -c, "date >>/diary/starts; exec sleep infinity"]
    init: true
    volumes: ["diary:/diary"]
volumes:
  diary:
  uploads:
`,
    );
    for (const name of Object.values(names())) {
      const inputs = { name, location: "US-EAST1", uniformBucketLevelAccess: true, forceDestroy: true };
      await app.byHand("create", bucketType, { inputs });
    }
  });
  afterAll(() => app?.remove());

  const starts = async () => (await app.inside("cat /mnt/disks/data/volumes/*/starts")).split("\n");
  /** `curl` with the token of the VM's account; prints the status alone. */
  const asVm = (options: string) =>
    app.inside(`curl -s -o /dev/null -w '%{http_code}' \\
    -H "Authorization: Bearer $(curl -sf -H 'Metadata-Flavor: Google' \\
    http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token | cut -d'"' -f4)" ${options}`);
  const writeElsewhere = () =>
    asVm(
      `-X POST --data-binary hello 'https://storage.googleapis.com/upload/storage/v1/b/${names().other}/o?uploadType=media&name=hello.txt'`,
    );
  const resource = async (type: string) => {
    const exported = JSON.parse(await app.stack.cli("stack", "export")) as {
      deployment: { resources: { type: string; outputs: Record<string, unknown> }[] };
    };
    return exported.deployment.resources.filter((each) => each.type === `gcp:${type}`).map(({ outputs }) => outputs);
  };

  it(
    "comes up with its uploads in a bucket that was there",
    async () => {
      await app.configure(chosen());
      const { steps } = await app.up();
      http = await app.http();
      expect(steps.filter((step) => /bucket$/.test(step))).toEqual([]);
      path = await uploaded(http, "photo.bin", bytes);
      expect(await app.cloud("objects", names().own)).toContain(`gs://${names().own}/photo.bin\t${bytes.length}`);
      expect((await app.stack.outputs()).buckets).toEqual({ uploads: names().own });
    },
    compileTime,
  );

  it("pulls its images from a repository of its own name, and from no other", async () => {
    const host = `us-east1-docker.pkg.dev/${app.project}/shop/`;
    expect((await app.stack.outputs()).images).toMatchObject({ web: expect.stringContaining(host) });
    expect(await resource("artifactregistry/repository:Repository")).toMatchObject([
      { location: "us-east1", repositoryId: "shop" },
    ]);
    const images = await app.inside("docker ps --format '{{.Image}}'");
    expect(images.split("\n").filter((image) => image.includes("pkg.dev") && !image.startsWith(host))).toEqual([]);
    expect(images).toContain(host);
  });

  it("has its address in the premium tier, the VM as the address", async () => {
    expect(await resource("compute/address:Address")).toMatchObject([{ networkTier: "PREMIUM" }]);
    expect(await resource("compute/instance:Instance")).toMatchObject([
      { machineType: "e2-small", networkInterfaces: [{ accessConfigs: [{ networkTier: "PREMIUM" }] }] },
    ]);
  });

  it("has snapshots made of its data disk", async () => {
    const [disk] = await resource("compute/disk:Disk");
    const [schedule] = await resource("compute/resourcePolicy:ResourcePolicy");
    expect(schedule).toMatchObject({ snapshotSchedulePolicy: { retentionPolicy: { maxRetentionDays: 7 } } });
    expect(await resource("compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment")).toMatchObject([
      { disk: disk?.name, name: schedule?.name },
    ]);
  });

  it("may write to every bucket of the project, until that is taken back", async () => {
    expect(await writeElsewhere()).toBe("200");
    await app.configure({ ...chosen(), allBuckets: false });
    expect((await app.up()).steps).toEqual([expect.stringMatching(/^delete .*storage\.objectAdmin$/)]);
    expect(await writeElsewhere()).toBe("403");
    expect((await download(http, path)).body.equals(bytes)).toBe(true);
  });

  it("lets identity-aware proxy reach SSH, and nobody else", async () => {
    // The guest lets SSH in; here nobody listens there.
    await app.inside("systemd-run socat TCP-LISTEN:22,fork,reuseaddr SYSTEM:'echo SSH-2.0'");
    await eventually(async () => expect(await sshFrom("35.235.240.9")).toBe("SSH-2.0"));
    expect(await sshFrom("35.234.0.9")).toBe("");
    expect(await sshFrom()).toBe("");
    await app.configure({ ...chosen(), allBuckets: false, ssh: false });
    expect((await app.up()).steps).toEqual([
      "update flask-upload-demo-firewall",
      "delete flask-upload-demo-firewall-ssh",
    ]);
    expect(await sshFrom("35.235.240.9")).toBe("");
  });

  it("takes another machine type by a stop and a start: same machine, same address, same data", async () => {
    const machine = await app.machine();
    const before = await starts();
    expect(before).toHaveLength(1);
    await app.configure({ ...chosen(), allBuckets: false, ssh: false, machineType: "e2-medium" });
    expect((await app.up()).steps).toEqual(["update flask-upload-demo-vm", "update flask-upload-demo-vm-instance"]);
    // At once: up has waited for it.
    expect((await download(http, path)).body.equals(bytes)).toBe(true);
    expect([await app.machine(), await app.http()]).toEqual([machine, http]);
    const after = await starts();
    expect([after.length, after[0]]).toEqual([2, before[0]]);
    expect(await resource("compute/instance:Instance")).toMatchObject([{ machineType: "e2-medium" }]);
  });

  it("has nothing to do when nothing has changed", async () => {
    for (const preview of [await app.stack.preview(), await app.stack.preview("--refresh")]) {
      expect(preview.ok, preview.messages).toBe(true);
      expect(preview.steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
    }
  });

  it("leaves the bucket with all that it holds when it is destroyed, though its own content may go", async () => {
    const { ok, messages } = await app.stack.destroy();
    expect(ok, messages).toBe(true);
    expect(await app.cloud("objects", names().own)).toContain(`gs://${names().own}/photo.bin\t${bytes.length}`);
    expect(await app.cloud("status")).not.toMatch(/^(Instance|Disk|Address|Repository) /m);
    for (const id of Object.values(names())) {
      await app.byHand("delete", bucketType, { id });
    }
  });

  /** What SSH's port says to somebody at an address, or to this machine; nothing where it does not answer. */
  async function sshFrom(source?: string): Promise<string> {
    const ask = `socat -u -T 3 TCP:${new URL(http).hostname}:22,connect-timeout=3${source ? `,bind=${source}` : ""} -`;
    const script = source
      ? `ip address replace ${source}/32 dev lo && { ${ask}; ip address del ${source}/32 dev lo; }`
      : `${ask}; true`;
    const image = (await run("docker", ["inspect", "--format", "{{.Image}}", await app.machine()])).stdout.trim();
    const place = ["--network", "host", "--cap-add", "NET_ADMIN", "--entrypoint", "bash"];
    return (await run("docker", ["run", "--rm", ...place, image, "-c", script])).stdout.trim();
  }
});
