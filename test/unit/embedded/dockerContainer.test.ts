import { describe, expect, it } from "vitest";
import { type ContainerInputs, containerSpec, endpoint } from "../../../embedded/docker/containerSpec.ts";

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
