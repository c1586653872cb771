import type { ContainerInspectInfo } from "dockerode";
import { formatDuration } from "../core/duration.ts";
import type { PlainMap } from "../core/value.ts";
import { type ContainerInputs, mebibyte, nanoCpus } from "./containerSpec.ts";

/** Outputs of a container: what the engine chose, where the program said nothing. */
export function containerOutputs(info: ContainerInspectInfo, inputs: PlainMap): PlainMap {
  const { Config: config, HostConfig: host, State: state, NetworkSettings: network } = info;
  const settings = config as typeof config & { StopSignal?: string; StopTimeout?: number; Healthcheck?: Healthcheck };
  const chosen: PlainMap = {
    command: config.Cmd ?? [],
    entrypoints: [config.Entrypoint ?? []].flat(),
    hostname: config.Hostname,
    init: host.Init ?? false,
    ipcMode: host.IpcMode ?? "",
    logDriver: host.LogConfig?.Type ?? "",
    runtime: host.Runtime ?? "",
    securityOpts: host.SecurityOpt ?? [],
    shmSize: Math.floor((host.ShmSize ?? 0) / mebibyte),
    stopSignal: settings.StopSignal ?? "",
    stopTimeout: settings.StopTimeout ?? 0,
    ...(settings.Healthcheck ? { healthcheck: healthcheckOutput(settings.Healthcheck) } : {}),
  };
  return {
    ...Object.fromEntries(Object.entries(chosen).filter(([key]) => !(key in inputs))),
    ...(inputs.ports === undefined ? {} : { ports: publishedPorts(inputs.ports as PlainMap[], info) }),
    bridge: (network as { Bridge?: string }).Bridge ?? "",
    networkDatas: Object.entries(network.Networks ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([networkName, endpoint]) => ({
        networkName,
        ipAddress: endpoint.IPAddress,
        ipPrefixLength: endpoint.IPPrefixLen,
        gateway: endpoint.Gateway,
        globalIpv6Address: endpoint.GlobalIPv6Address,
        globalIpv6PrefixLength: endpoint.GlobalIPv6PrefixLen,
        ipv6Gateway: endpoint.IPv6Gateway,
        macAddress: endpoint.MacAddress,
      })),
    ...(state.Running ? {} : { exitCode: state.ExitCode }),
  };
}

/** The engine's health check, times in nanoseconds. */
export interface Healthcheck {
  readonly Test?: string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export function healthcheckOutput(check: Healthcheck): PlainMap {
  return {
    tests: check.Test ?? [],
    interval: formatDuration(check.Interval ?? 0),
    timeout: formatDuration(check.Timeout ?? 0),
    startPeriod: formatDuration(check.StartPeriod ?? 0),
    startInterval: formatDuration(check.StartInterval ?? 0),
    retries: check.Retries ?? 0,
  };
}

/** The ports asked for, each with the port of the host that the engine chose where none was given. */
function publishedPorts(asked: readonly PlainMap[], info: ContainerInspectInfo): PlainMap[] {
  return asked.map((port) => {
    if (port.external !== undefined && port.external !== 0) return port;
    const bindings = info.NetworkSettings.Ports?.[`${port.internal}/${port.protocol ?? "tcp"}`] ?? [];
    const binding = bindings.find(({ HostIp }) => HostIp === port.ip) ?? bindings[0];
    return binding ? { ...port, external: Number(binding.HostPort) } : port;
  });
}

/**
 * What changed behind the program's back. A container's image, command, environment, mounts and the like cannot change
 * for as long as its id lives, so they are not compared.
 */
export function containerDrift(inputs: PlainMap, info: ContainerInspectInfo): PlainMap {
  const wanted = inputs as unknown as ContainerInputs;
  const { HostConfig: host, State: state } = info;
  const drift: PlainMap = {};
  const compare = (key: string, want: string | number | undefined, now: string | number | undefined) => {
    if ((want || undefined) !== (now || undefined)) drift[key] = now || null;
  };
  const mebibytes = (bytes: number | undefined) => Math.floor((bytes ?? 0) / mebibyte);

  compare("name", wanted.name, info.Name.replace(/^\//, ""));
  compare("restart", wanted.restart ?? "no", host.RestartPolicy?.Name || "no");
  compare("maxRetryCount", wanted.maxRetryCount, host.RestartPolicy?.MaximumRetryCount);
  compare("memory", wanted.memory, mebibytes(host.Memory));
  compare("memoryReservation", wanted.memoryReservation, mebibytes(host.MemoryReservation));
  compare("cpuShares", wanted.cpuShares, host.CpuShares);
  compare("cpuSet", wanted.cpuSet, host.CpusetCpus);
  compare("cpuPeriod", wanted.cpuPeriod, host.CpuPeriod);
  compare("cpuQuota", wanted.cpuQuota, host.CpuQuota);
  const cpus = wanted.cpus === undefined ? 0 : nanoCpus(wanted.cpus);
  if (cpus !== (host.NanoCpus ?? 0)) drift.cpus = host.NanoCpus ? `${host.NanoCpus / 1e9}` : null;
  // Without swap accounting the engine keeps -1 or 0, whatever was asked; without an input it chooses by itself.
  const swap = host.MemorySwap ?? 0;
  if (wanted.memorySwap !== undefined && swap > 0 && mebibytes(swap) !== wanted.memorySwap) {
    drift.memorySwap = mebibytes(swap);
  }
  // As the provider does: what must run and does not is shown as a change, whose update starts it.
  if (wanted.mustRun !== false && wanted.start !== false && !state.Running) drift.mustRun = false;
  const networks = Object.entries(info.NetworkSettings.Networks ?? {});
  const connected = ({ name }: { name: string }) =>
    networks.some(([network, { NetworkID }]) => name === network || name === NetworkID);
  if (wanted.networksAdvanced?.some((network) => !connected(network))) {
    drift.networksAdvanced = wanted.networksAdvanced.filter(connected) as unknown as PlainMap[];
  }
  return drift;
}
