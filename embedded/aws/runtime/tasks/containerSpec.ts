import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { ContainerDefinition, LaunchType, TaskDefinition } from "../../ecs/taskDefinition.ts";

/** What stands behind a volume of a task. */
export type VolumeSource =
  /** `copy`: it begins with what the image has at that place. */
  | { readonly kind: "volume"; readonly name: string; readonly copy: boolean }
  | { readonly kind: "folder"; readonly path: string; readonly readOnly: boolean };

export type ContainerNetwork =
  /** That of the container that holds the task's network. */
  | { readonly kind: "task"; readonly holder: string }
  /** `links`: container and alias. */
  | { readonly kind: "bridge"; readonly network: string; readonly links: readonly string[]; readonly address: string }
  | { readonly kind: "none" };

/** All that a container is made of. */
export interface ContainerSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** With the overrides of its task. */
  readonly definition: ContainerDefinition;
  readonly task: TaskDefinition;
  readonly launchType: LaunchType;
  /** Id of the image, and the paths that it declares as volumes. */
  readonly image: { readonly id: string; readonly volumes: readonly string[] };
  /** What ECS itself tells a container. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** By name. */
  readonly volumes: ReadonlyMap<string, VolumeSource>;
  /** Containers whose volumes it has too, with `:ro`. */
  readonly volumesFrom: readonly string[];
  readonly network: ContainerNetwork;
  /** CPUs that the engine has: nothing may have more. */
  readonly cpus: number;
  /** Its health check is to fail, on demand. */
  readonly neverHealthy: boolean;
}

const mebibyte = 1024 ** 2;
const second = 1e9;
/** The least that the kernel takes, which ECS gives to a container that has reserved nothing. */
const leastShares = 2;
const unitsPerCpu = 1024;

/** The container as Docker makes it. */
export function containerOptions(spec: ContainerSpec): ContainerCreateOptions {
  const { definition, network } = spec;
  const bridge = network.kind === "bridge";
  return {
    name: spec.name,
    Image: spec.image.id,
    Labels: { ...definition.dockerLabels, ...spec.labels },
    Env: Object.entries({
      ...spec.environment,
      ...Object.fromEntries(definition.environment.map(({ name, value }) => [name, value])),
      ...spec.secrets,
    }).map(([name, value]) => `${name}=${value}`),
    ...(definition.entryPoint ? { Entrypoint: [...definition.entryPoint] } : {}),
    ...(definition.command ? { Cmd: [...definition.command] } : {}),
    ...(definition.user ? { User: definition.user } : {}),
    ...(definition.workingDirectory ? { WorkingDir: definition.workingDirectory } : {}),
    ...(bridge && definition.hostname ? { Hostname: definition.hostname } : {}),
    OpenStdin: definition.interactive,
    Tty: definition.pseudoTerminal,
    Healthcheck: healthcheck(spec),
    ...(bridge ? { ExposedPorts: Object.fromEntries(definition.portMappings.map((port) => [portOf(port), {}])) } : {}),
    ...(bridge ? { NetworkingConfig: { EndpointsConfig: { [network.network]: { Links: [...network.links] } } } } : {}),
    HostConfig: hostConfig(spec),
  };
}

function hostConfig(spec: ContainerSpec): HostConfig {
  const { definition, network, task } = spec;
  const { linuxParameters: linux } = definition;
  return {
    NetworkMode: network.kind === "task" ? `container:${network.holder}` : networkName(network),
    ...(network.kind === "bridge" ? bridgeConfig(spec, network.address) : {}),
    ...(network.kind === "task" && task.pidMode === "task" ? { PidMode: `container:${network.holder}` } : {}),
    ...(network.kind === "task" && task.ipcMode === "task" ? { IpcMode: `container:${network.holder}` } : {}),
    ...limits(spec),
    Mounts: definition.mountPoints.map((point) => mount(spec, point)),
    VolumesFrom: [...spec.volumesFrom],
    Privileged: definition.privileged,
    ReadonlyRootfs: definition.readonlyRootFilesystem,
    SecurityOpt: [...definition.dockerSecurityOptions],
    Sysctls: Object.fromEntries(
      definition.systemControls
        // Those of the network are the task's, whose network it is.
        .filter(({ namespace }) => network.kind !== "task" || !namespace.startsWith("net."))
        .map(({ namespace, value }) => [namespace, value]),
    ),
    CapAdd: [...(linux?.capabilities?.add ?? [])],
    CapDrop: [...(linux?.capabilities?.drop ?? [])],
    Devices: (linux?.devices ?? []).map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath ?? hostPath,
      CgroupPermissions: permissions.map((permission) => (permission === "mknod" ? "m" : permission[0])).join(""),
    })),
    Init: linux?.initProcessEnabled ?? false,
    Tmpfs: Object.fromEntries(
      (linux?.tmpfs ?? []).map(({ containerPath, size, mountOptions }) => [
        containerPath,
        [`size=${size}m`, ...mountOptions].join(","),
      ]),
    ),
    ...(linux?.sharedMemorySize ? { ShmSize: linux.sharedMemorySize * mebibyte } : {}),
    Ulimits: definition.ulimits.map(({ name, softLimit, hardLimit }) => ({
      Name: name,
      Soft: softLimit,
      Hard: hardLimit,
    })),
    // Kept by the engine only until they are in the log group.
    LogConfig: { Type: "json-file", Config: { "max-size": "20m", "max-file": "2" } },
  };
}

function networkName(network: Exclude<ContainerNetwork, { kind: "task" }>): string {
  return network.kind === "bridge" ? network.network : "none";
}

function bridgeConfig({ definition }: ContainerSpec, address: string): HostConfig {
  return {
    PortBindings: Object.fromEntries(
      [...Map.groupBy(definition.portMappings, portOf)].map(([port, mappings]) => [
        port,
        mappings.map(({ hostPort }) => ({ HostIp: address, HostPort: hostPort === 0 ? "" : `${hostPort}` })),
      ]),
    ),
    Dns: [...definition.dnsServers],
    DnsSearch: [...definition.dnsSearchDomains],
    ExtraHosts: definition.extraHosts.map(({ hostname, ipAddress }) => `${hostname}:${ipAddress}`),
  };
}

/** Those of the container within those of the task: nothing in it may have more than all of it. */
function limits({ definition, task, launchType, cpus }: ContainerSpec): HostConfig {
  const { linuxParameters: linux } = definition;
  const memory = definition.memory ?? (task.memory ? Number(task.memory) : undefined);
  const swap = linux?.maxSwap ?? (launchType === "FARGATE" ? 0 : undefined);
  return {
    CpuShares: Math.max(definition.cpu, leastShares),
    ...(task.cpu ? { NanoCpus: Math.min(Number(task.cpu) / unitsPerCpu, cpus) * 1e9 } : {}),
    ...(memory ? { Memory: memory * mebibyte } : {}),
    ...(memory && swap !== undefined ? { MemorySwap: (memory + swap) * mebibyte } : {}),
    ...(definition.memoryReservation ? { MemoryReservation: definition.memoryReservation * mebibyte } : {}),
    ...(linux?.swappiness !== undefined ? { MemorySwappiness: linux.swappiness } : {}),
  };
}

function mount(
  { volumes, image, launchType }: ContainerSpec,
  { sourceVolume, containerPath, readOnly }: ContainerDefinition["mountPoints"][number],
): NonNullable<HostConfig["Mounts"]>[number] {
  const source = volumes.get(sourceVolume);
  if (source === undefined) throw new Error(`the task has no volume ${sourceVolume}`);
  if (source.kind === "folder") {
    return { Type: "bind", Source: source.path, Target: containerPath, ReadOnly: readOnly || source.readOnly };
  }
  // On Fargate a volume is filled only where the image declares one at that very path:
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
  const copy = source.copy && (launchType === "EC2" || image.volumes.includes(containerPath.replace(/(.)\/+$/, "$1")));
  return {
    Type: "volume",
    Source: source.name,
    Target: containerPath,
    ReadOnly: readOnly,
    VolumeOptions: { NoCopy: !copy, Labels: {}, DriverConfig: { Name: "local", Options: {} } },
  };
}

/** The definition's alone: ECS does not look at the image's. */
function healthcheck({ definition, neverHealthy }: ContainerSpec): ContainerCreateOptions["Healthcheck"] {
  const { healthCheck: check } = definition;
  if (check === undefined) return { Test: ["NONE"] };
  return {
    Test: neverHealthy ? ["CMD", "/nothing-that-could-be-healthy"] : [...check.command],
    Interval: check.interval * second,
    Timeout: check.timeout * second,
    Retries: check.retries,
    StartPeriod: check.startPeriod * second,
  };
}

function portOf({ containerPort, protocol }: ContainerDefinition["portMappings"][number]): string {
  return `${containerPort}/${protocol}`;
}
