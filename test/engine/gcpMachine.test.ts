import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { project, TestCloud, zone } from "../support/gcpCloud.ts";

const userData = `#cloud-config
write_files:
- path: /etc/systemd/system/hello.service
  permissions: "0644"
  content: |
    [Unit]
    After=docker.service gcr-online.target
    [Service]
    ExecStart=/bin/bash -c 'echo hello; exec sleep infinity'
- path: /etc/kept-until-reboot
  content: from cloud-init
runcmd:
- mkdir -p /var/lib/app && date +%s%N >> /var/lib/app/boots
- systemctl daemon-reload
- systemctl start --no-block hello.service
`;

// Real systemd, real cloud-init with the GCE datasource, a real Docker engine inside.
describe("a machine of the embedded cloud", () => {
  let cloud: TestCloud;
  let email: string;
  const id = `projects/${project}/zones/${zone}/instances/web`;

  beforeAll(async () => {
    cloud = await TestCloud.create();
    email = await cloud.prepare();
    await cloud.create("instance", {
      name: "web",
      machineType: "e2-small",
      bootDisk: { initializeParams: { image: "cos-cloud/cos-stable" } },
      networkInterfaces: [{ network: "default", accessConfigs: [{}] }],
      serviceAccount: { email, scopes: ["cloud-platform"] },
      metadata: { "user-data": userData, "enable-guest-attributes": "TRUE" },
    });
    await booted();
  });
  afterAll(() => cloud.remove());

  const booted = () => eventually(() => cloud.inside("systemctl is-active hello.service"));
  /** It may be gone before it has answered. */
  const goesOff = (how: "reboot" | "poweroff") => cloud.inside(`systemctl ${how}`).catch(() => "");

  it("boots by cloud-init from the metadata server, without a failed unit", async () => {
    // It is written when all is done, also what starts the service for which the others wait.
    const result = await eventually(() => cloud.inside("cat /run/cloud-init/result.json"));
    expect(JSON.parse(result)).toEqual({ v1: { datasource: "DataSourceGCE", errors: [] } });
    await eventually(() => cloud.inside("systemctl is-system-running"));
    expect(await cloud.inside("systemctl --failed --no-legend")).toBe("");
    expect(await cloud.inside("hostname")).toBe("web");
  });

  it("has the file systems of Container-Optimized OS", async () => {
    const writes = (path: string) => cloud.inside(`touch ${path}/x && rm ${path}/x && echo yes || echo no`);
    for (const path of ["/", "/usr", "/root", "/opt"]) expect([path, await writes(path)]).toEqual([path, "no"]);
    for (const path of ["/home", "/var", "/etc", "/tmp", "/mnt/disks", "/var/lib/docker", "/var/lib/cloud"]) {
      expect([path, await writes(path)]).toEqual([path, "yes"]);
    }
    const executes = (path: string) =>
      cloud.inside(
        `printf '#!/bin/bash\\necho ran' > ${path}/x; chmod 755 ${path}/x; ${path}/x || echo no; rm ${path}/x`,
      );
    for (const path of ["/home", "/var", "/tmp", "/etc"]) expect([path, await executes(path)]).toEqual([path, "no"]);
    for (const path of ["/var/lib/docker", "/var/lib/google", "/var/lib/toolbox", "/var/lib/cloud"]) {
      expect([path, await executes(path)]).toEqual([path, "ran"]);
    }
  });

  it("lets nothing in but SSH, and has neither Python nor a package manager for its guests", async () => {
    expect((await cloud.inside("iptables -S INPUT")).split("\n")).toEqual([
      "-P INPUT DROP",
      "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
      "-A INPUT -i lo -j ACCEPT",
      "-A INPUT -p icmp -j ACCEPT",
      "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    ]);
    expect(await cloud.inside("type -P python3 python perl jq apt dpkg nft || echo none")).toBe("none");
    expect(
      await cloud.inside("type -P curl tar base64 iptables systemctl docker docker-credential-gcr mkfs.ext4 | wc -l"),
    ).toBe("8");
  });

  it("runs containers with limits, on its own engine", async () => {
    expect(await cloud.inside("docker info --format '{{.ServerVersion}} {{.Driver}} {{.LiveRestoreEnabled}}'")).toMatch(
      /^26\.\S+ overlay2 true$/,
    );
    await cloud.inside(
      "tar -C / -ch bin/bash lib64 usr/lib/x86_64-linux-gnu/lib{c.so.6,tinfo.so.6} lib/x86_64-linux-gnu/lib{c.so.6,tinfo.so.6} | docker import - shell",
    );
    const limits =
      "--memory 64m --cpus 0.5 --pids-limit 20 --read-only --cap-drop ALL --security-opt no-new-privileges";
    expect(await cloud.inside(`docker run --rm ${limits} shell /bin/bash -c 'echo inside'`)).toBe("inside");
  });

  it("loses units and /etc at a reboot, keeps /var, and is set up by cloud-init again", async () => {
    await cloud.inside(
      "echo changed > /etc/kept-until-reboot; echo mine > /etc/mine; echo kept > /var/kept; echo lost > /tmp/lost",
    );
    await goesOff("reboot");
    await eventually(() => cloud.inside("[ $(wc -l < /var/lib/app/boots) = 2 ]"));
    await booted();
    expect(await cloud.inside("cat /etc/kept-until-reboot")).toBe("from cloud-init");
    expect(await cloud.inside("cat /var/kept; cat /etc/mine /tmp/lost 2>/dev/null || echo gone")).toBe("kept\ngone");
  });

  it("comes back when its hardware fails, by hand or on demand, and stays off when it is switched off", async () => {
    await cloud.control("crash");
    await eventually(() => cloud.inside("[ $(wc -l < /var/lib/app/boots) = 3 ]"));
    await booted();
    await cloud.control("fail", JSON.stringify({ type: "instance", operation: "read", error: "die", times: 1 }));
    await cloud.read("instance", id);
    await eventually(() => cloud.inside("[ $(wc -l < /var/lib/app/boots) = 4 ]"));
    await booted();

    await goesOff("poweroff");
    await eventually(async () => {
      const found = await cloud.read("instance", id);
      expect(found?.outputs.currentStatus).toBe("TERMINATED");
    });
    await cloud.control("start");
    await booted();
    expect((await cloud.read("instance", id))?.outputs.currentStatus).toBe("RUNNING");
  });

  it("goes off with the cloud, and on again with it", async () => {
    const boots = await cloud.inside("wc -l < /var/lib/app/boots");
    await cloud.client.stop(true);
    await expect(cloud.inside("true")).rejects.toThrow("is not running");
    // As after this machine's own restart: whoever asks first starts the cloud.
    await cloud.control("ping");
    await booted();
    expect(Number(await cloud.inside("wc -l < /var/lib/app/boots"))).toBe(Number(boots) + 1);
  });

  it("is removed when the cloud has forgotten it", async () => {
    const other = await TestCloud.create();
    await other.prepare();
    const small = { machineType: "e2-micro", bootDisk: { initializeParams: { image: "cos-cloud/cos-stable" } } };
    await other.create("instance", { ...small, name: "lost", networkInterfaces: [{ network: "default" }] });
    await other.client.stop();
    await rm(other.folder, { recursive: true });
    await other.prepare();
    await other.create("Address", { name: "first-use-of-the-network" });
    expect(await other.container()).toBe("");
    await other.remove();
    expect(await other.left()).toEqual([]);
  });

  it("is gone when it is deleted from outside, with its boot disk, whatever a paused container in it", async () => {
    await cloud.inside("docker run --detach --tty --name paused shell /bin/bash && docker pause paused");
    await cloud.control("kill");
    expect(await cloud.read("instance", id)).toBeUndefined();
    expect(await cloud.container()).toBe("");
  });
});
