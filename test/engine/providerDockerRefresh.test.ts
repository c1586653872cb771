import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { propertyFacts } from "../../embedded/core/facts.ts";
import { dockerFacts } from "../../embedded/docker/facts.ts";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";
import { freeSubnet } from "../support/subnet.ts";

/**
 * Three containers that between them use every input that is implemented. What needs another engine, kernel or right than
 * a plain one has is in `elsewhere`.
 */
const program = (folder: string, subnet: string) => `
  const network = new docker.Network("net", {
    driver: "bridge", internal: true, attachable: true, ipv6: false, ingress: false,
    options: { "com.docker.network.bridge.enable_icc": "true" },
    ipamDriver: "default", ipamOptions: {},
    ipamConfigs: [{ subnet: "${subnet}.0/24", gateway: "${subnet}.1", ipRange: "${subnet}.128/25", auxAddress: { r: "${subnet}.2" } }],
    labels: [{ label: "a", value: "b" }],
  });
  const other = new docker.Network("other", {});
  const volume = new docker.Volume("data", { driver: "local", driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m" }, labels: [{ label: "a", value: "b" }] });
  const image = new docker.RemoteImage("image", { name: "retrofit-test/tiny:1", keepLocally: true, forceRemove: false, triggers: { a: "1" }, pullTriggers: ["x"], platform: "linux/${process.arch === "arm64" ? "arm64" : "amd64"}" });
  export const web = new docker.Container("web", {
    image: image.imageId,
    name: "retrofit-test-web-${process.pid}",
    command: ["-c", "echo ready; sleep 3600"], entrypoints: ["/bin/sh"],
    envs: ["A=1", "B=two words"], user: "1000:1000", groupAdds: ["extra", "9"], workingDir: "/full",
    hostname: "host", domainname: "example.test",
    hosts: [{ host: "a", ip: "10.1.1.1" }, { host: "b", ip: "::1" }],
    dns: ["10.1.1.1"], dnsOpts: ["ndots:2"], dnsSearches: ["example.test"],
    networksAdvanced: [
      { name: network.name, aliases: ["www", "app"], ipv4Address: "${subnet}.200" },
      { name: other.id, linkLocalIps: ["169.254.10.10"], driverOpts: ["a=b"] },
    ],
    networkMode: "bridge", publishAllPorts: false,
    ports: [
      { internal: 80, ip: "127.0.0.1" },
      { internal: 81, external: ${10000 + (process.pid % 10000)}, ip: "127.0.0.1", protocol: "udp" },
    ],
    mounts: [
      { type: "volume", source: volume.name, target: "/data", readOnly: false, volumeOptions: { noCopy: true, labels: [{ label: "l", value: "v" }] } },
      { type: "volume", target: "/anonymous", volumeOptions: { driverName: "local", driverOptions: { type: "tmpfs", device: "tmpfs" } } },
      { type: "bind", source: "${folder}", target: "/bind", readOnly: true, bindOptions: { propagation: "rprivate" } },
      { type: "tmpfs", target: "/scratch", tmpfsOptions: { sizeBytes: 1048576, mode: 0o1777 } },
    ],
    volumes: [
      { containerPath: "/full", volumeName: "${engineMade}" },
      { containerPath: "/host", hostPath: "${folder}", readOnly: true },
    ],
    tmpfs: { "/run": "size=1m,mode=1777" },
    uploads: [
      { file: "/etc/upload", content: "text\\n", permissions: "0640", owner: "1000", group: "7" },
      { file: "/etc/deep/er/binary", contentBase64: "AP8=", executable: true },
      { file: "/etc/source", source: "${folder}/file", sourceHash: "1" },
    ],
    healthcheck: { tests: ["CMD", "true"], interval: "90s", timeout: "500ms", startPeriod: "1m", retries: 3 },
    wait: false, waitTimeout: 30, start: true, mustRun: true, attach: false, logs: false,
    restart: "on-failure", maxRetryCount: 3,
    memory: 64, memorySwap: 128, memoryReservation: 32, shmSize: 32,
    cpuShares: 512, cpuSet: "0", cpus: "0.5",
    readOnly: false, privileged: false, init: true, tty: true, stdinOpen: true, rm: false,
    capabilities: { adds: ["NET_BIND_SERVICE", "CHOWN"], drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    devices: [{ hostPath: "/dev/null", containerPath: "/dev/nothing", permissions: "r" }, { hostPath: "/dev/zero" }],
    deviceCgroupRules: ["c 1:5 r"],
    ulimits: [{ name: "nofile", soft: 512, hard: 1024 }, { name: "core", soft: 0, hard: 0 }],
    sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
    stopSignal: "SIGINT", stopTimeout: 3, destroyGraceSeconds: 1, removeVolumes: true,
    logDriver: "json-file", logOpts: { "max-size": "1m", "max-file": "2" },
    labels: [{ label: "z", value: "1" }, { label: "a", value: "2" }],
    ipcMode: "shareable", runtime: "runc", platform: "linux/${process.arch === "arm64" ? "arm64" : "amd64"}",
    containerReadRefreshTimeoutMilliseconds: 10000,
  });
  const third = new docker.Container("third", { image: image.imageId, volumes: [{ containerPath: "/own" }] });
  export const second = new docker.Container("second", {
    image: image.imageId,
    networkMode: pulumi.interpolate\`container:\${web.id}\`,
    pidMode: pulumi.interpolate\`container:\${web.id}\`,
    volumes: [{ fromContainer: third.id }],
    cpuPeriod: 50000, cpuQuota: 25000, usernsMode: "host", cgroupParent: "/retrofit-test", cgroupnsMode: "private",
    readOnly: true, restart: "unless-stopped",
  });
`;

/** A volume that a container names and the engine makes by itself; no stack knows it. */
const engineMade = `retrofit-test-full-${process.pid}`;

/** Inputs that are passed on like their neighbours, but that not every engine and kernel takes. */
const elsewhere = ["deviceReadBps", "deviceReadIops", "deviceWriteBps", "deviceWriteIops"];

describe("a refresh", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrofit-bind-"));
  let stack: ProviderStack;
  let subnet: string;
  beforeAll(async () => {
    await tinyImage();
    subnet = await freeSubnet();
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "file"), "from a file\n");
    stack = await ProviderStack.create(program(folder, subnet));
    const outcome = await stack.up();
    expect(outcome.messages).toBe("");
  });
  afterAll(async () => {
    await stack?.remove();
    await docker("volume", "rm", "--force", engineMade);
    rmSync(folder, { recursive: true });
  });

  it("is tried with every input there is", () => {
    const text = program(folder, subnet);
    for (const resource of Object.values(dockerFacts.resources)) {
      for (const [name, facts] of Object.entries(resource.inputs)) {
        if (propertyFacts(facts).unsupported !== undefined || elsewhere.includes(name)) continue;
        expect(text, name).toMatch(new RegExp(`\\b${name}: `));
      }
    }
  });

  it("shows no change, nor does the program after it", async () => {
    expect(await stack.refresh("--expect-no-changes")).toMatchObject({ ok: true, messages: "" });
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true, steps: [] });
  });

  it("keeps what the program said in its own words", async () => {
    const { web } = await stack.state();
    expect(web?.inputs).toMatchObject({ envs: ["A=1", "B=two words"], healthcheck: { interval: "90s" }, cpus: "0.5" });
  });

  it("leaves the container as it was asked for", async () => {
    const web = await stack.id("web");
    const inside = async (...command: string[]) => docker("exec", web, ...command);
    expect(await inside("cat", "/etc/upload", "/etc/source")).toBe("text\r\nfrom a file".replaceAll("\r", ""));
    expect(await inside("stat", "-c", "%a %u %g", "/etc/upload")).toBe("640 1000 7");
    expect(await inside("stat", "-c", "%a %s", "/etc/deep/er/binary")).toBe("744 2");
    expect(await inside("id", "-G")).toBe("1000 7 9");
    expect(await inside("cat", "/full/file")).toBe("from the image");
    expect(await inside("cat", "/host/file", "/bind/file")).toBe("from a file\nfrom a file");
    await eventually(async () => expect(await docker("logs", web)).toBe("ready"));
    expect(JSON.stringify((await stack.state()).web?.outputs.networkDatas)).toContain(`"ipAddress":"${subnet}.200"`);
  });

  describe("finds", () => {
    it("what was changed by hand, and the program puts it right", async () => {
      const web = await stack.id("web");
      await docker("update", "--memory", "32m", "--memory-swap", "96m", "--restart", "always", web);
      await docker("rename", web, `retrofit-test-renamed-${process.pid}`);
      expect((await stack.refresh()).messages).toBe("");
      const { steps } = await stack.preview();
      expect(steps).toContainEqual("replace web: maxRetryCount, memory, memorySwap, name, restart");
      await docker("rename", web, `retrofit-test-web-${process.pid}`);
      await stack.refresh();
      expect(await stack.up()).toMatchObject({ steps: ["update web: maxRetryCount, memory, memorySwap, restart"] });
      expect(await docker("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy}}", web)).toBe(
        `${64 * 1024 * 1024} {on-failure 3}`,
      );
    });

    it("a limit that nobody asked for, which only a new container is without", async () => {
      const second = await stack.id("second");
      await docker("update", "--memory", "32m", "--memory-swap", "64m", second);
      await stack.refresh();
      expect((await stack.preview()).steps).toContainEqual("replace second: memory");
      expect(await stack.up()).toMatchObject({ ok: true });
    });

    it("a container that ended and must run, and the program starts it", async () => {
      const web = await stack.id("web");
      const second = await stack.id("second");
      await docker("stop", "--time", "0", web);
      // It shares the first one's processes, and ends with it, in a moment.
      await eventually(async () =>
        expect(await docker("inspect", "--format", "{{.State.Running}}", second)).toBe("false"),
      );
      expect(await stack.refresh()).toMatchObject({ ok: true });
      expect((await stack.state()).web?.outputs.exitCode).toEqual(expect.any(Number));
      expect(await stack.up()).toMatchObject({ ok: true, steps: ["update web: mustRun", "update second: mustRun"] });
      expect(await docker("inspect", "--format", "{{.State.Running}}", web)).toBe("true");
    });

    it("a network that a container left, and the program puts it right", async () => {
      const [web, other] = [await stack.id("web"), await stack.id("other")];
      await docker("network", "disconnect", other, web);
      await stack.refresh();
      expect((await stack.preview()).steps).toContainEqual(expect.stringContaining("replace web: networksAdvanced[1]"));
      expect(await stack.up()).toMatchObject({ ok: true });
      expect(await docker("network", "inspect", "--format", "{{json .Containers}}", other)).toContain(
        await stack.id("web"),
      );
    });

    it("what is gone, and the program makes it anew", async () => {
      const before = await stack.state();
      await docker("rm", "--force", "--volumes", before.second?.id as string, before.web?.id as string);
      await docker("network", "rm", before.other?.id as string);
      expect(await stack.refresh()).toMatchObject({ ok: true });
      expect(Object.keys(await stack.state())).not.toContain("web");
      const outcome = await stack.up();
      expect(outcome.messages).toBe("");
      expect(outcome.steps.toSorted()).toEqual(["create other", "create second", "create web"]);
      expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true });
    });

    it("a volume of other making under the same name", async () => {
      await stack.program('new docker.Volume("alone", { labels: [{ label: "a", value: "b" }] });');
      await stack.up();
      const volume = await stack.id("alone");
      await docker("volume", "rm", volume);
      await docker("volume", "create", "--label", "a=c", volume);
      await stack.refresh();
      expect((await stack.preview()).steps).toContainEqual(expect.stringContaining("replace alone: labels"));
    });

    it("an image that is gone, or another under its name", async () => {
      const [tag, same] = [`retrofit-test/moving:${process.pid}`, "retrofit-test/tiny:1"];
      await docker("tag", same, tag);
      await stack.program(`new docker.RemoteImage("moving", { name: "${tag}" });`);
      await stack.up();
      const before = await stack.id("moving");
      await docker("rmi", tag);
      await stack.refresh();
      expect((await stack.preview()).steps).toEqual(["create moving"]);
      const container = await docker("create", same);
      await docker("commit", container, tag);
      await docker("rm", container);
      await stack.up();
      expect(await stack.id("moving")).not.toBe(before);
      expect(await stack.destroy()).toMatchObject({ ok: true });
      expect(await docker("images", "--quiet", tag)).toBe("");
    });
  });
});
