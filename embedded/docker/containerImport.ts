import type { ContainerInspectInfo, HostConfig, ImageInspectInfo } from "dockerode";
import { type Plain, type PlainMap, same } from "../core/value.ts";
import { mebibyte } from "./containerSpec.ts";
import { type Healthcheck, healthcheckOutput } from "./containerState.ts";
import { creationLabel } from "./journal.ts";
import { labelList } from "./labels.ts";
import { withoutEmpty } from "./plain.ts";

type Settings = ContainerInspectInfo["Config"] & {
  StopTimeout?: number;
  StopSignal?: string;
  Healthcheck?: Healthcheck;
};
type ImageSettings = Partial<Settings>;

/**
 * The inputs of a container that somebody else made, as a program that takes it over would write them: without what its
 * image says already and without the engine's own choices.
 */
export function importedInputs(info: ContainerInspectInfo, image: ImageInspectInfo | undefined): PlainMap {
  const { HostConfig: host } = info;
  const settings = info.Config as Settings;
  const inherited = (image?.Config ?? {}) as ImageSettings;
  const own = (value: unknown, from: unknown): Plain =>
    same(value as Plain, (from ?? null) as Plain) ? null : (value as Plain);
  return withoutEmpty({
    name: info.Name.replace(/^\//, ""),
    image: settings.Image,
    command: own(settings.Cmd ?? null, inherited.Cmd),
    entrypoints: own(settings.Entrypoint ?? null, inherited.Entrypoint),
    envs: (settings.Env ?? []).filter((entry) => !inherited.Env?.includes(entry)),
    labels: labelList(settings.Labels).filter(
      ({ label, value }) => label !== creationLabel && inherited.Labels?.[label as string] !== value,
    ),
    user: own(settings.User, inherited.User),
    workingDir: own(settings.WorkingDir, inherited.WorkingDir),
    stopSignal: own(settings.StopSignal ?? null, inherited.StopSignal),
    stopTimeout: settings.StopTimeout ?? null,
    healthcheck: importedHealthcheck(settings.Healthcheck, inherited.Healthcheck),
    hostname: settings.Hostname === info.Id.slice(0, 12) ? null : settings.Hostname,
    domainname: settings.Domainname,
    tty: settings.Tty,
    stdinOpen: settings.OpenStdin,
    ...importedHost(host),
    ...importedNetworks(info),
    mustRun: info.State.Running ? null : false,
  });
}

function importedHealthcheck(check: Healthcheck | undefined, inherited: Healthcheck | undefined): Plain {
  if (check === undefined || same(check as PlainMap, (inherited ?? null) as PlainMap | null)) return null;
  return healthcheckOutput(check);
}

/** As compose files name them; some engines answer with `CAP_` in front, whatever was asked for. */
function shortNames(capabilities: string[] | null | undefined): string[] {
  return (capabilities ?? []).map((name) => name.replace(/^CAP_/, ""));
}

function importedHost(host: HostConfig): PlainMap {
  const capabilities = withoutEmpty({ adds: shortNames(host.CapAdd), drops: shortNames(host.CapDrop) });
  const mebibytes = (bytes: number | undefined) => Math.floor((bytes ?? 0) / mebibyte);
  return {
    restart: host.RestartPolicy?.Name === "no" ? null : (host.RestartPolicy?.Name ?? null),
    maxRetryCount: host.RestartPolicy?.MaximumRetryCount ?? null,
    memory: mebibytes(host.Memory),
    memorySwap:
      host.MemorySwap === 2 * (host.Memory ?? 0) || (host.MemorySwap ?? 0) < 0 ? null : mebibytes(host.MemorySwap),
    memoryReservation: mebibytes(host.MemoryReservation),
    cpuShares: host.CpuShares ?? null,
    cpuPeriod: host.CpuPeriod ?? null,
    cpuQuota: host.CpuQuota ?? null,
    cpuSet: host.CpusetCpus ?? null,
    cpus: host.NanoCpus ? `${host.NanoCpus / 1e9}` : null,
    rm: host.AutoRemove ?? null,
    readOnly: host.ReadonlyRootfs ?? null,
    privileged: host.Privileged ?? null,
    publishAllPorts: host.PublishAllPorts ?? null,
    init: host.Init ?? null,
    capabilities: Object.keys(capabilities).length === 0 ? null : capabilities,
    securityOpts: host.SecurityOpt ?? null,
    sysctls: (host.Sysctls ?? null) as Plain,
    tmpfs: (host.Tmpfs ?? null) as Plain,
    shmSize: mebibytes(host.ShmSize) === 64 ? null : mebibytes(host.ShmSize),
    groupAdds: host.GroupAdd ?? null,
    dns: host.Dns ?? null,
    dnsOpts: host.DnsOptions ?? null,
    dnsSearches: host.DnsSearch ?? null,
    pidMode: host.PidMode ?? null,
    usernsMode: host.UsernsMode ?? null,
    cgroupParent: host.CgroupParent ?? null,
    // What the engine takes when nothing is asked for is no wish of the program.
    ipcMode: ["private", "shareable"].includes(host.IpcMode ?? "") ? null : (host.IpcMode ?? null),
    runtime: host.Runtime === "runc" ? null : (host.Runtime ?? null),
    logDriver: host.LogConfig?.Type === "json-file" ? null : (host.LogConfig?.Type ?? null),
    logOpts: (host.LogConfig?.Config ?? null) as Plain,
    deviceCgroupRules: host.DeviceCgroupRules ?? null,
    hosts: (host.ExtraHosts ?? []).map((entry: string) => {
      const colon = entry.indexOf(":");
      return { host: entry.slice(0, colon), ip: entry.slice(colon + 1) };
    }),
    ulimits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      name: Name ?? "",
      soft: Soft ?? 0,
      hard: Hard ?? 0,
    })),
    devices: (host.Devices ?? []).map(
      (device: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }) => ({
        hostPath: device.PathOnHost,
        containerPath: device.PathInContainer,
        permissions: device.CgroupPermissions,
      }),
    ),
    ports: importedPorts(host),
    mounts: (host.Mounts ?? []).map(importedMount),
    volumes: importedVolumes(host),
  };
}

function importedPorts(host: HostConfig): Plain {
  const bindings = (host.PortBindings ?? {}) as Record<string, { HostIp?: string; HostPort?: string }[] | null>;
  return Object.entries(bindings).flatMap(([key, list]) => {
    const [internal, protocol = "tcp"] = key.split("/");
    return (list ?? []).map(({ HostIp, HostPort }) => ({
      internal: Number(internal),
      ...(HostPort ? { external: Number(HostPort) } : {}),
      ip: HostIp || "0.0.0.0",
      protocol,
    }));
  });
}

function importedMount(mount: NonNullable<HostConfig["Mounts"]>[number]): PlainMap {
  const volume = mount.VolumeOptions;
  return withoutEmpty({
    type: mount.Type,
    target: mount.Target,
    source: mount.Source ?? null,
    readOnly: mount.ReadOnly ?? null,
    bindOptions: withoutEmpty({ propagation: mount.BindOptions?.Propagation ?? null }),
    volumeOptions: withoutEmpty({
      noCopy: volume?.NoCopy ?? null,
      labels: labelList(volume?.Labels),
      driverName: volume?.DriverConfig?.Name ?? null,
      driverOptions: volume?.DriverConfig?.Options ?? null,
    }),
    tmpfsOptions: withoutEmpty({
      sizeBytes: mount.TmpfsOptions?.SizeBytes ?? null,
      mode: mount.TmpfsOptions?.Mode ?? null,
    }),
  });
}

function importedVolumes(host: HostConfig): Plain {
  const binds = ((host.Binds ?? []) as string[]).map((entry) => {
    const [source = "", containerPath = "", flags = ""] = entry.split(":");
    const relabel = flags.split(",").find((flag) => flag === "z" || flag === "Z");
    return {
      ...(source.startsWith("/") ? { hostPath: source } : { volumeName: source }),
      containerPath,
      ...(flags.split(",").includes("ro") ? { readOnly: true } : {}),
      ...(relabel === undefined ? {} : { selinuxRelabel: relabel }),
    };
  });
  return [...binds, ...((host.VolumesFrom ?? []) as string[]).map((fromContainer) => ({ fromContainer }))];
}

/** Its default network is the network mode's; every other one was connected by name. */
function importedNetworks(info: ContainerInspectInfo): PlainMap {
  const mode = info.HostConfig.NetworkMode ?? "default";
  const networks = Object.entries(info.NetworkSettings.Networks ?? {}).filter(
    ([name]) => !["bridge", "host", "none"].includes(name),
  );
  return {
    networkMode: mode === "default" || mode === "bridge" ? null : mode,
    networksAdvanced: networks.map(([name, endpoint]) =>
      withoutEmpty({
        name,
        aliases: (endpoint.Aliases ?? []).filter((alias: string) => alias !== info.Id.slice(0, 12)),
        ipv4Address: endpoint.IPAMConfig?.IPv4Address ?? null,
        ipv6Address: endpoint.IPAMConfig?.IPv6Address ?? null,
        linkLocalIps: endpoint.IPAMConfig?.LinkLocalIPs ?? null,
      }),
    ),
  };
}
