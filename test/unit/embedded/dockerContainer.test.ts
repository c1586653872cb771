import type { ContainerInspectInfo } from "dockerode";
import { describe, expect, it } from "vitest";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { importedInputs } from "../../../embedded/docker/containerImport.ts";
import { type ContainerInputs, containerSpec, endpoint } from "../../../embedded/docker/containerSpec.ts";
import { containerDrift, containerOutputs } from "../../../embedded/docker/containerState.ts";

const spec = (inputs: Partial<ContainerInputs>) => containerSpec({ image: "tiny", ...inputs });
const host = (inputs: Partial<ContainerInputs>) => spec(inputs).HostConfig;

describe("a container's inputs as the engine's API wants them", () => {
  it("says nothing that the program does not say, but for the restart policy", () => {
    expect(spec({ name: "c" })).toEqual({
      name: "c",
      Image: "tiny",
      Labels: {},
      ExposedPorts: {},
      Volumes: {},
      HostConfig: {
        RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
        Binds: [],
        VolumesFrom: [],
        PortBindings: {},
      },
      NetworkingConfig: { EndpointsConfig: {} },
    });
  });

  it("publishes ports, several of one too, and leaves the choice to the engine where none is given", () => {
    const inputs = {
      ports: [
        { internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
        { internal: 80, external: 8081, ip: "0.0.0.0", protocol: "tcp" },
        { internal: 53, ip: "0.0.0.0", protocol: "udp" },
      ],
    };
    expect(spec(inputs).ExposedPorts).toEqual({ "80/tcp": {}, "53/udp": {} });
    expect(host(inputs)?.PortBindings).toEqual({
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "8080" },
        { HostIp: "0.0.0.0", HostPort: "8081" },
      ],
      "53/udp": [{ HostIp: "0.0.0.0", HostPort: "" }],
    });
  });

  it("counts memory in bytes, CPUs in billionths, times in nanoseconds", () => {
    expect(host({ memory: 64, memorySwap: 128, memoryReservation: 32, shmSize: 1, cpus: "1.5" })).toMatchObject({
      Memory: 67108864,
      MemorySwap: 134217728,
      MemoryReservation: 33554432,
      ShmSize: 1048576,
      NanoCpus: 1500000000,
    });
    expect(host({ memorySwap: -1 })?.MemorySwap).toBe(-1);
    const healthcheck = { tests: ["CMD", "true"], interval: "1m30s", timeout: "500ms", startPeriod: "0s", retries: 3 };
    expect(spec({ healthcheck }).Healthcheck).toEqual({
      Test: ["CMD", "true"],
      Interval: 90e9,
      Timeout: 5e8,
      StartPeriod: 0,
      Retries: 3,
    });
  });

  it("mounts, each kind with its own options only", () => {
    const mounts = [
      { type: "bind", target: "/a", source: "/b", readOnly: true, bindOptions: { propagation: "rslave" } },
      {
        type: "volume",
        target: "/c",
        source: "d",
        volumeOptions: { noCopy: true, labels: [{ label: "l", value: "v" }] },
      },
      { type: "tmpfs", target: "/e", tmpfsOptions: { sizeBytes: 1024, mode: 0o1777 }, volumeOptions: { noCopy: true } },
    ];
    expect(host({ mounts })?.Mounts).toEqual([
      { Type: "bind", Target: "/a", Source: "/b", ReadOnly: true, BindOptions: { Propagation: "rslave" } },
      { Type: "volume", Target: "/c", Source: "d", VolumeOptions: { NoCopy: true, Labels: { l: "v" } } },
      { Type: "tmpfs", Target: "/e", TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } },
    ]);
  });

  it("binds volumes: a host's path before a volume's name, and an anonymous volume without both", () => {
    const volumes = [
      { containerPath: "/a", hostPath: "/host", volumeName: "ignored", readOnly: true },
      { containerPath: "/b", volumeName: "named", selinuxRelabel: "z" },
      { containerPath: "/c" },
      { fromContainer: "other" },
    ];
    expect(spec({ volumes }).Volumes).toEqual({ "/a": {}, "/b": {}, "/c": {} });
    expect(host({ volumes })).toMatchObject({ Binds: ["/host:/a:ro", "named:/b:rw,z"], VolumesFrom: ["other"] });
  });

  it("joins the network mode's network at once", () => {
    const inputs = { networkMode: "n", networksAdvanced: [{ name: "n", aliases: ["web"] }, { name: "m" }] };
    expect(spec(inputs).NetworkingConfig).toEqual({ EndpointsConfig: { n: { Aliases: ["web"], IPAMConfig: {} } } });
  });

  it("takes names, addresses and options to a network", () => {
    const network = {
      name: "n",
      aliases: ["web"],
      ipv4Address: "10.0.0.5",
      ipv6Address: "fd::5",
      linkLocalIps: ["169.254.1.1"],
      driverOpts: ["a=b=c", "d=e"],
    };
    expect(endpoint(network)).toEqual({
      Aliases: ["web"],
      DriverOpts: { a: "b=c", d: "e" },
      IPAMConfig: { IPv4Address: "10.0.0.5", IPv6Address: "fd::5", LinkLocalIPs: ["169.254.1.1"] },
    });
  });

  it.each([
    [{ capabilities: { adds: ["CHOWN"], drops: ["ALL"] } }, { CapAdd: ["CHOWN"], CapDrop: ["ALL"] }],
    [{ securityOpts: ["no-new-privileges"] }, { SecurityOpt: ["no-new-privileges"] }],
    [
      { devices: [{ hostPath: "/dev/fuse" }, { hostPath: "/dev/a", containerPath: "/dev/b", permissions: "r" }] },
      {
        Devices: [
          { PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" },
          { PathOnHost: "/dev/a", PathInContainer: "/dev/b", CgroupPermissions: "r" },
        ],
      },
    ],
    [{ ulimits: [{ name: "nofile", soft: 1, hard: 2 }] }, { Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }] }],
    [{ hosts: [{ host: "a", ip: "::1" }] }, { ExtraHosts: ["a:::1"] }],
    [{ logDriver: "local" }, { LogConfig: { Type: "local", Config: {} } }],
    [{ logOpts: { "max-size": "1m" } }, { LogConfig: { Type: "", Config: { "max-size": "1m" } } }],
    [
      { dns: ["1.1.1.1"], dnsOpts: ["ndots:1"], dnsSearches: ["a"] },
      { Dns: ["1.1.1.1"], DnsOptions: ["ndots:1"], DnsSearch: ["a"] },
    ],
    [{ restart: "on-failure", maxRetryCount: 3 }, { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } }],
    [{ deviceReadBps: [{ path: "/dev/sda", rate: 5 }] }, { BlkioDeviceReadBps: [{ Path: "/dev/sda", Rate: 5 }] }],
    [
      {
        sysctls: { a: "1" },
        tmpfs: { "/t": "size=1m" },
        groupAdds: ["7"],
        ipcMode: "host",
        pidMode: "host",
        init: false,
      },
      {
        Sysctls: { a: "1" },
        Tmpfs: { "/t": "size=1m" },
        GroupAdd: ["7"],
        IpcMode: "host",
        PidMode: "host",
        Init: false,
      },
    ],
    [
      { rm: true, readOnly: true, privileged: false, publishAllPorts: true, runtime: "runc", usernsMode: "host" },
      {
        AutoRemove: true,
        ReadonlyRootfs: true,
        Privileged: false,
        PublishAllPorts: true,
        Runtime: "runc",
        UsernsMode: "host",
      },
    ],
    [
      {
        cgroupParent: "/p",
        cgroupnsMode: "host",
        deviceCgroupRules: ["c 1:3 r"],
        cpuSet: "0",
        cpuShares: 2,
        cpuPeriod: 3,
        cpuQuota: 4,
      },
      {
        CgroupParent: "/p",
        CgroupnsMode: "host",
        DeviceCgroupRules: ["c 1:3 r"],
        CpusetCpus: "0",
        CpuShares: 2,
        CpuPeriod: 3,
        CpuQuota: 4,
      },
    ],
  ] as [Partial<ContainerInputs>, object][])("%j", (inputs, expected) => {
    expect(host(inputs)).toMatchObject(expected);
  });
});

function inspected(changes: { host?: object; state?: object; networks?: object; ports?: object; name?: string } = {}) {
  return {
    Id: "0123456789abcdef",
    Name: changes.name ?? "/c",
    Image: "sha256:1",
    Config: { Hostname: "0123456789ab", Cmd: ["run"], Entrypoint: null, StopSignal: "SIGTERM" },
    State: { Running: true, ExitCode: 0, ...changes.state },
    HostConfig: {
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      Memory: 0,
      MemorySwap: 0,
      NanoCpus: 0,
      ShmSize: 67108864,
      IpcMode: "private",
      Runtime: "runc",
      LogConfig: { Type: "json-file", Config: {} },
      ...changes.host,
    },
    NetworkSettings: { Bridge: "", Ports: changes.ports ?? {}, Networks: changes.networks ?? {} },
  } as unknown as ContainerInspectInfo;
}

describe("a container's outputs", () => {
  it("are the engine's choices where the program said nothing", () => {
    expect(containerOutputs(inspected(), { command: ["mine"], stopSignal: "SIGQUIT" })).toEqual({
      entrypoints: [],
      hostname: "0123456789ab",
      init: false,
      ipcMode: "private",
      logDriver: "json-file",
      runtime: "runc",
      securityOpts: [],
      shmSize: 64,
      stopTimeout: 0,
      bridge: "",
      networkDatas: [],
    });
  });

  it("tell the exit code once it does not run", () => {
    expect(containerOutputs(inspected({ state: { Running: false, ExitCode: 3 } }), {}).exitCode).toBe(3);
  });

  it("tell the port that the engine chose, and leave a given one", () => {
    const ports = {
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "1" },
        { HostIp: "127.0.0.1", HostPort: "2" },
      ],
    };
    const asked: PlainMap[] = [
      { internal: 80, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 80, external: 9, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 81, protocol: "udp" },
    ];
    expect(containerOutputs(inspected({ ports }), { ports: asked }).ports).toEqual([
      { internal: 80, external: 2, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 80, external: 9, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 81, protocol: "udp" },
    ]);
  });

  it("tell the networks by name", () => {
    const endpoint = {
      IPAddress: "10.0.0.2",
      IPPrefixLen: 24,
      Gateway: "10.0.0.1",
      MacAddress: "02:42",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      IPv6Gateway: "",
    };
    const { networkDatas } = containerOutputs(inspected({ networks: { b: endpoint, a: endpoint } }), {});
    expect((networkDatas as PlainMap[]).map(({ networkName }) => networkName)).toEqual(["a", "b"]);
    expect(networkDatas).toMatchObject([
      { ipAddress: "10.0.0.2", ipPrefixLength: 24, gateway: "10.0.0.1", macAddress: "02:42" },
      {},
    ]);
  });
});

describe("what changed behind the program's back", () => {
  const mebibyte = 1024 * 1024;
  it.each([
    ["nothing", {}, {}, {}],
    ["the name", { name: "c" }, { name: "/d" }, { name: "d" }],
    ["the restart policy", { restart: "no" }, { host: { RestartPolicy: { Name: "always" } } }, { restart: "always" }],
    ["an empty restart policy is none", { restart: "no" }, { host: { RestartPolicy: { Name: "" } } }, {}],
    ["memory", { memory: 64 }, { host: { Memory: 32 * mebibyte } }, { memory: 32 }],
    ["memory that nobody asked for", {}, { host: { Memory: 32 * mebibyte } }, { memory: 32 }],
    ["memory that was taken away", { memory: 64 }, {}, { memory: null }],
    ["swap that the engine does not count", { memorySwap: 64 }, { host: { MemorySwap: -1 } }, {}],
    ["swap that the engine chose", {}, { host: { MemorySwap: 64 * mebibyte } }, {}],
    ["another swap", { memorySwap: 64 }, { host: { MemorySwap: 96 * mebibyte } }, { memorySwap: 96 }],
    ["CPUs", { cpus: "1.5" }, { host: { NanoCpus: 5e8 } }, { cpus: "0.5" }],
    ["the same CPUs in other words", { cpus: "1.50" }, { host: { NanoCpus: 15e8 } }, {}],
    [
      "CPU shares, set and quota",
      { cpuShares: 2 },
      { host: { CpuShares: 3, CpusetCpus: "0", CpuQuota: 9 } },
      { cpuShares: 3, cpuSet: "0", cpuQuota: 9 },
    ],
    ["that it ended and must run", { mustRun: true }, { state: { Running: false } }, { mustRun: false }],
    ["that it ended and may", { mustRun: false }, { state: { Running: false } }, {}],
    ["that it was never to start", { mustRun: true, start: false }, { state: { Running: false } }, {}],
    [
      "a network that it left",
      { networksAdvanced: [{ name: "a" }, { name: "b" }] },
      { networks: { a: {}, x: {} } },
      { networksAdvanced: [{ name: "a" }] },
    ],
    [
      "a network by its id",
      { networksAdvanced: [{ name: "id-of-a" }] },
      { networks: { a: { NetworkID: "id-of-a" } } },
      {},
    ],
  ] as [string, PlainMap, Parameters<typeof inspected>[0], PlainMap][])("%s", (_name, inputs, changes, expected) => {
    expect(containerDrift({ name: "c", ...inputs }, inspected(changes))).toEqual({
      ...(changes?.name && inputs.name === undefined ? { name: changes.name.slice(1) } : {}),
      ...expected,
    });
  });
});

describe("taking over a container", () => {
  it("names capabilities as compose files do, whatever the engine makes of them", () => {
    const info = { Name: "/c", Id: "1", Config: {}, State: {}, NetworkSettings: { Networks: {} }, Mounts: [] };
    const HostConfig = { CapAdd: ["CAP_CHOWN", "KILL"], CapDrop: ["ALL"] };
    expect(importedInputs({ ...info, HostConfig } as unknown as ContainerInspectInfo, undefined)).toMatchObject({
      capabilities: { adds: ["CHOWN", "KILL"], drops: ["ALL"] },
    });
  });
});
