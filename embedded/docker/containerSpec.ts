import type { ContainerArgs, types } from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import { parseDuration } from "../core/duration.ts";
import { labelMap } from "./labels.ts";

/** A container's inputs, defaults filled in. */
export type ContainerInputs = Unwrap<ContainerArgs>;
export type NetworkInput = Unwrap<types.input.ContainerNetworksAdvanced>;
type MountInput = Unwrap<types.input.ContainerMount>;

/** The engine counts memory in bytes, the provider in MiB. */
export const mebibyte = 1024 * 1024;

/** The inputs as the engine's API wants them. Networks other than the network mode's are connected afterwards. */
export function containerSpec(inputs: ContainerInputs): ContainerCreateOptions {
  const { ports = [], volumes = [] } = inputs;
  const portKey = (port: (typeof ports)[number]) => `${port.internal}/${port.protocol ?? "tcp"}`;
  const joined = (inputs.networksAdvanced ?? []).filter(({ name }) => name === inputs.networkMode);
  return given({
    name: inputs.name,
    platform: inputs.platform,
    Image: inputs.image,
    Hostname: inputs.hostname,
    Domainname: inputs.domainname,
    User: inputs.user,
    Tty: inputs.tty,
    OpenStdin: inputs.stdinOpen,
    Env: inputs.envs,
    Cmd: inputs.command,
    Entrypoint: inputs.entrypoints,
    WorkingDir: inputs.workingDir,
    StopSignal: inputs.stopSignal,
    StopTimeout: inputs.stopTimeout,
    Labels: labelMap(inputs.labels as never),
    Healthcheck: inputs.healthcheck && healthcheck(inputs.healthcheck),
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    Volumes: Object.fromEntries(
      volumes.flatMap(({ containerPath }) => (containerPath === undefined ? [] : [[containerPath, {}]])),
    ),
    HostConfig: hostConfig(inputs),
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(joined.map((network) => [network.name, endpoint(network)])),
    },
  }) as ContainerCreateOptions;
}

/** What a container brings to a network: its names and addresses there. */
export function endpoint(network: NetworkInput) {
  const driverOpts = (network.driverOpts ?? []).map((option) => {
    const [name = "", ...value] = option.split("=");
    return [name, value.join("=")];
  });
  return given({
    Aliases: network.aliases,
    DriverOpts: driverOpts.length === 0 ? undefined : Object.fromEntries(driverOpts),
    IPAMConfig: given({
      IPv4Address: network.ipv4Address,
      IPv6Address: network.ipv6Address,
      LinkLocalIPs: network.linkLocalIps,
    }),
  });
}

/** CPUs such as `1.5` in the engine's unit. */
export function nanoCpus(cpus: string): number {
  return Math.round(Number(cpus) * 1e9);
}

/** What the engine can change of a running container. */
export function updatableResources(inputs: ContainerInputs) {
  return given({
    CpuShares: inputs.cpuShares,
    CpuPeriod: inputs.cpuPeriod,
    CpuQuota: inputs.cpuQuota,
    CpusetCpus: inputs.cpuSet,
    Memory: bytes(inputs.memory),
    MemoryReservation: bytes(inputs.memoryReservation),
    MemorySwap: inputs.memorySwap !== undefined && inputs.memorySwap < 0 ? -1 : bytes(inputs.memorySwap),
    RestartPolicy: { Name: inputs.restart ?? "no", MaximumRetryCount: inputs.maxRetryCount ?? 0 },
  });
}

function hostConfig(inputs: ContainerInputs): HostConfig {
  const { ports = [], volumes = [], capabilities } = inputs;
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { internal, external, ip, protocol } of ports) {
    const key = `${internal}/${protocol ?? "tcp"}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: ip ?? "", HostPort: external ? `${external}` : "" }];
  }
  return given({
    ...updatableResources(inputs),
    NanoCpus: inputs.cpus === undefined ? undefined : nanoCpus(inputs.cpus),
    AutoRemove: inputs.rm,
    Binds: volumes.flatMap(bind),
    VolumesFrom: volumes.flatMap(({ fromContainer }) => (fromContainer === undefined ? [] : [fromContainer])),
    Mounts: inputs.mounts?.map(mount),
    Tmpfs: inputs.tmpfs,
    PortBindings: bindings,
    PublishAllPorts: inputs.publishAllPorts,
    NetworkMode: inputs.networkMode,
    Privileged: inputs.privileged,
    ReadonlyRootfs: inputs.readOnly,
    CapAdd: capabilities?.adds,
    CapDrop: capabilities?.drops,
    SecurityOpt: inputs.securityOpts,
    Devices: inputs.devices?.map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath ?? hostPath,
      CgroupPermissions: permissions ?? "rwm",
    })),
    DeviceCgroupRules: inputs.deviceCgroupRules,
    BlkioDeviceReadBps: inputs.deviceReadBps?.map(throttle),
    BlkioDeviceReadIOps: inputs.deviceReadIops?.map(throttle),
    BlkioDeviceWriteBps: inputs.deviceWriteBps?.map(throttle),
    BlkioDeviceWriteIOps: inputs.deviceWriteIops?.map(throttle),
    Ulimits: inputs.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Sysctls: inputs.sysctls,
    ExtraHosts: inputs.hosts?.map(({ host, ip }) => `${host}:${ip}`),
    Dns: inputs.dns,
    DnsOptions: inputs.dnsOpts,
    DnsSearch: inputs.dnsSearches,
    GroupAdd: inputs.groupAdds,
    IpcMode: inputs.ipcMode,
    PidMode: inputs.pidMode,
    UsernsMode: inputs.usernsMode,
    CgroupnsMode: inputs.cgroupnsMode,
    CgroupParent: inputs.cgroupParent,
    Runtime: inputs.runtime,
    Init: inputs.init,
    ShmSize: bytes(inputs.shmSize),
    LogConfig: logConfig(inputs),
  }) as HostConfig;
}

function healthcheck(check: Unwrap<types.input.ContainerHealthcheck>) {
  return given({
    Test: check.tests,
    Interval: nanoseconds(check.interval),
    Timeout: nanoseconds(check.timeout),
    StartPeriod: nanoseconds(check.startPeriod),
    StartInterval: nanoseconds(check.startInterval),
    Retries: check.retries,
  });
}

function mount({ type, target, source, readOnly, bindOptions, volumeOptions, tmpfsOptions }: MountInput) {
  const driver = given({ Name: volumeOptions?.driverName, Options: volumeOptions?.driverOptions });
  return given({
    Type: type,
    Target: target,
    Source: source,
    ReadOnly: readOnly,
    BindOptions: type === "bind" && bindOptions ? given({ Propagation: bindOptions.propagation }) : undefined,
    VolumeOptions:
      type === "volume" && volumeOptions
        ? given({
            NoCopy: volumeOptions.noCopy,
            Labels: volumeOptions.labels && labelMap(volumeOptions.labels as never),
            DriverConfig: Object.keys(driver).length === 0 ? undefined : driver,
          })
        : undefined,
    TmpfsOptions:
      type === "tmpfs" && tmpfsOptions
        ? given({ SizeBytes: tmpfsOptions.sizeBytes, Mode: tmpfsOptions.mode })
        : undefined,
  });
}

/** `hostPath` goes before `volumeName`; without either the path gets an anonymous volume. */
function bind(volume: Unwrap<types.input.ContainerVolume>): string[] {
  const { hostPath, volumeName, containerPath, readOnly, selinuxRelabel } = volume;
  const source = hostPath ?? volumeName;
  if (source === undefined || containerPath === undefined) return [];
  return [
    `${source}:${containerPath}:${[readOnly ? "ro" : "rw", ...(selinuxRelabel ? [selinuxRelabel] : [])].join(",")}`,
  ];
}

function logConfig({ logDriver, logOpts }: ContainerInputs) {
  return logDriver === undefined && logOpts === undefined
    ? undefined
    : { Type: logDriver ?? "", Config: logOpts ?? {} };
}

function throttle({ path, rate }: { path: string; rate: number }) {
  return { Path: path, Rate: rate };
}

function bytes(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * mebibyte;
}

function nanoseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

/** Without what is not given: the engine takes an empty value for a wish. */
function given<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
