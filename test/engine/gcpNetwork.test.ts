import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlainMap } from "../../embedded/core/value.ts";
import { eventually } from "../support/eventually.ts";
import { project, TestCloud, zone } from "../support/gcpCloud.ts";

const run = promisify(execFile);
const place = `projects/${project}/zones/${zone}`;
/** Not the disk of another run, which may have left its device. */
const disk = `shared-${randomBytes(4).toString("hex")}`;

describe("two machines and their disks", () => {
  let cloud: TestCloud;
  const containers: Record<string, string> = {};

  beforeAll(async () => {
    cloud = await TestCloud.create();
    await cloud.prepare();
    await cloud.create("Network", { name: "net", autoCreateSubnetworks: false });
    await cloud.create("Subnetwork", { name: "one", network: "net", ipCidrRange: "10.20.0.0/24" });
    await cloud.create("Subnetwork", { name: "two", network: "net", ipCidrRange: "10.30.0.0/24" });
    for (const [name, subnetwork] of [
      ["web", "one"],
      ["db", "two"],
    ] as const) {
      const { outputs } = await cloud.create("instance", instance(name, subnetwork));
      expect((outputs.networkInterfaces as PlainMap[])[0]?.networkIp).toBe(name === "web" ? "10.20.0.2" : "10.30.0.2");
      // Another cloud at the same time may have one of that name.
      const labels = [`gcp=${cloud.id}`, `gcp.instance=${place}/instances/${name}`];
      const filters = labels.flatMap((label) => ["--filter", `label=retrofit.embedded.${label}`]);
      containers[name] = (await run("docker", ["ps", "--quiet", ...filters])).stdout.trim();
    }
    // Its own firewall is set up before that.
    for (const name of ["web", "db"]) await eventually(() => inside(name, "systemctl is-active docker"));
    const listen = "systemd-run socat TCP-LISTEN:5432,fork,reuseaddr SYSTEM:'echo yes'";
    await inside("db", `iptables -w -I INPUT -p tcp --dport 5432 -j ACCEPT && ${listen}`);
  });
  afterAll(() => cloud.remove());

  const instance = (name: string, subnetwork: string, more: PlainMap = {}): PlainMap => ({
    name,
    machineType: "e2-micro",
    tags: [name],
    bootDisk: { initializeParams: { image: "cos-cloud/cos-stable" } },
    networkInterfaces: [{ subnetwork }],
    ...more,
  });
  const inside = async (name: string, script: string) => {
    const { stdout } = await run("docker", ["exec", containers[name] as string, "bash", "-c", script]);
    return stdout.trim();
  };
  const ask = () => inside("web", "socat -u -T 2 TCP:10.30.0.2:5432,connect-timeout=2 -");
  const answers = () => eventually(async () => expect(await ask()).toBe("yes"));

  it("reach each other by their addresses in the network, where a rule lets them", async () => {
    await expect(ask()).rejects.toThrow();
    const rule = await cloud.create("Firewall", {
      name: "db",
      network: "net",
      direction: "INGRESS",
      priority: 1000,
      allows: [{ protocol: "tcp", ports: ["5432"] }],
      sourceTags: ["web"],
      targetTags: ["db"],
    });
    await answers(); // it may only be starting to listen
    const deny = {
      name: "out",
      network: "net",
      direction: "EGRESS",
      priority: 900,
      denies: [{ protocol: "tcp", ports: ["5432"] }],
    };
    await cloud.create("Firewall", { ...deny, destinationRanges: ["10.30.0.0/24"] });
    await expect(ask()).rejects.toThrow();
    await cloud.delete("Firewall", `projects/${project}/global/firewalls/out`);
    await answers();
    await cloud.delete("Firewall", rule.id);
    await expect(ask()).rejects.toThrow();
  });

  it("have no address to the world unless they ask for one", async () => {
    const found = await cloud.read("instance", `${place}/instances/web`);
    expect(found?.outputs).toMatchObject({ networkInterfaces: [{ accessConfigs: [] }] });
    expect(await inside("web", "ip -4 -o addr show eth0 | wc -l")).toBe("2");
    const inputs = { ...instance("web", "one"), networkInterfaces: [{ subnetwork: "one", accessConfigs: [{}] }] };
    const { outputs } = await cloud.update("instance", `${place}/instances/web`, inputs);
    const [nic] = outputs.networkInterfaces as { accessConfigs: { natIp: string }[] }[];
    expect(nic?.accessConfigs[0]?.natIp).toMatch(/^10\.250\.\d+\.128$/);
    expect(await inside("web", "ip -4 -o addr show eth0")).toContain(`${nic?.accessConfigs[0]?.natIp}/32`);
  });

  it("take a disk while they run, to one of them only, and give it back", async () => {
    await cloud.create("Disk", { name: disk, size: 10 });
    const attach = (name: string, more: PlainMap = {}) =>
      cloud.create("Attached disk", { disk, instance: name, mode: "READ_WRITE", ...more });
    const { id } = await attach("db");
    const device = `/dev/disk/by-id/google-${disk}`;
    await inside(
      "db",
      `mkfs.ext4 -q ${device} && mkdir -p /mnt/disks/data && mount ${device} /mnt/disks/data && echo kept > /mnt/disks/data/file`,
    );
    await expect(attach("web")).rejects.toThrow(`is already being used by '${place}/instances/db'`);
    await expect(cloud.delete("Disk", `${place}/disks/${disk}`)).rejects.toThrow("is already being used by");
    expect((await cloud.read("Disk", `${place}/disks/${disk}`))?.outputs.users).toEqual([
      `https://www.googleapis.com/compute/v1/${place}/instances/db`,
    ]);
    await inside("db", "umount /mnt/disks/data");
    await cloud.delete("Attached disk", id);
    await expect(inside("db", `test -e ${device}`)).rejects.toThrow();

    await attach("web", { deviceName: "other", mode: "READ_ONLY" });
    expect(
      await inside(
        "web",
        "mkdir -p /mnt/disks/d && mount -o ro /dev/disk/by-id/google-other /mnt/disks/d && cat /mnt/disks/d/file",
      ),
    ).toBe("kept");
    await expect(inside("web", "echo x > /dev/disk/by-id/google-other")).rejects.toThrow();
  });

  it("leave no device behind when they die", async () => {
    const file = `${project}_${zone}_${disk}.raw`;
    const devices = async () => (await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"])).stdout;
    expect(await devices()).toContain(file);
    for (const name of ["web", "db"]) {
      await cloud.delete("Attached disk", `${place}/instances/${name}/${disk}`).catch(() => undefined);
      await cloud.delete("instance", `${place}/instances/${name}`);
    }
    await eventually(async () => expect(await devices()).not.toContain(file));
    await cloud.delete("Disk", `${place}/disks/${disk}`);
  });
});
