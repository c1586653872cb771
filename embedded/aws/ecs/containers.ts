import { containerShape } from "./containerShape.ts";
import { mismatch } from "./shape.ts";
import type {
  ContainerDefinition,
  HealthCheck,
  LinuxParameters,
  LogConfiguration,
  NetworkMode,
} from "./taskDefinition.ts";

/** A container definition as it comes: of the right shape, but nothing filled in. */
export type Given = Partial<{
  -readonly [Key in keyof ContainerDefinition]: Key extends "healthCheck" | "linuxParameters" | "logConfiguration"
    ? Partial<ContainerDefinition[Key]>
    : ContainerDefinition[Key];
}> & {
  readonly environmentFiles?: readonly unknown[];
  readonly resourceRequirements?: readonly unknown[];
};

/**
 * The container definitions of a JSON text.
 * @throws what is wrong with it
 */
export function parseContainers(text: string): Given[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new Error(`Error decoding JSON: ${(error as Error).message}`);
  }
  return checkedContainers(list);
}

/** @throws what is wrong with their shape */
export function checkedContainers(list: unknown): Given[] {
  const problem = mismatch(list, { list: containerShape }, "containerDefinitions");
  if (problem !== undefined) throw new Error(problem);
  return list as Given[];
}

/** Definitions with ECS's defaults filled in, as it describes them. */
export function settleContainers(given: readonly Given[], mode: NetworkMode): ContainerDefinition[] {
  return given.map((each) => settle(each, mode));
}

function settle(given: Given, mode: NetworkMode): ContainerDefinition {
  const {
    healthCheck,
    linuxParameters,
    logConfiguration,
    portMappings = [],
    environmentFiles,
    resourceRequirements,
    ...rest
  } = given;
  return {
    ...rest,
    name: given.name ?? "",
    image: given.image ?? "",
    cpu: given.cpu ?? 0,
    essential: given.essential ?? true,
    links: given.links ?? [],
    portMappings: portMappings.map((mapping) => ({
      ...mapping,
      hostPort: mapping.hostPort ?? (mode === "bridge" ? 0 : mapping.containerPort),
      protocol: mapping.protocol ?? "tcp",
    })),
    environment: given.environment ?? [],
    mountPoints: (given.mountPoints ?? []).map((mount) => ({ ...mount, readOnly: mount.readOnly ?? false })),
    volumesFrom: (given.volumesFrom ?? []).map((each) => ({ ...each, readOnly: each.readOnly ?? false })),
    secrets: given.secrets ?? [],
    dependsOn: given.dependsOn ?? [],
    disableNetworking: given.disableNetworking ?? false,
    privileged: given.privileged ?? false,
    readonlyRootFilesystem: given.readonlyRootFilesystem ?? false,
    dnsServers: given.dnsServers ?? [],
    dnsSearchDomains: given.dnsSearchDomains ?? [],
    extraHosts: given.extraHosts ?? [],
    dockerSecurityOptions: given.dockerSecurityOptions ?? [],
    interactive: given.interactive ?? false,
    pseudoTerminal: given.pseudoTerminal ?? false,
    dockerLabels: given.dockerLabels ?? {},
    ulimits: given.ulimits ?? [],
    systemControls: given.systemControls ?? [],
    ...(given.restartPolicy
      ? {
          restartPolicy: {
            ...given.restartPolicy,
            ignoredExitCodes: given.restartPolicy.ignoredExitCodes ?? [],
            restartAttemptPeriod: given.restartPolicy.restartAttemptPeriod ?? 300,
          },
        }
      : {}),
    ...(logConfiguration ? { logConfiguration: settleLogs(logConfiguration) } : {}),
    ...(healthCheck ? { healthCheck: settleHealth(healthCheck) } : {}),
    ...(linuxParameters ? { linuxParameters: settleLinux(linuxParameters) } : {}),
  };
}

function settleLogs({ logDriver = "", options = {}, secretOptions = [] }: Partial<LogConfiguration>): LogConfiguration {
  return { logDriver, options, secretOptions };
}

function settleHealth(given: Partial<HealthCheck>): HealthCheck {
  const { command = [], interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = given;
  return { command, interval, timeout, retries, startPeriod };
}

function settleLinux(given: Partial<LinuxParameters>): LinuxParameters {
  const { capabilities, devices = [], initProcessEnabled = false, tmpfs = [], ...rest } = given;
  return {
    ...rest,
    ...(capabilities ? { capabilities: { add: capabilities.add ?? [], drop: capabilities.drop ?? [] } } : {}),
    devices: devices.map((device) => ({ ...device, permissions: device.permissions ?? [] })),
    initProcessEnabled,
    tmpfs: tmpfs.map((each) => ({ ...each, mountOptions: each.mountOptions ?? [] })),
  };
}

/**
 * Definitions in an order and with defaults that make equal what means the same: the provider compares them so, and neither the
 * order of containers nor that of their variables is a change.
 */
export function canonicalContainers(given: readonly Given[], mode: NetworkMode): unknown {
  const by =
    <T>(key: (item: T) => string) =>
    (a: T, b: T) =>
      key(a) < key(b) ? -1 : 1;
  return settleContainers(given, mode)
    .map((each) => ({
      ...each,
      environment: [...each.environment].sort(by(({ name }) => name)),
      secrets: [...each.secrets].sort(by(({ name }) => name)),
      portMappings: [...each.portMappings].sort(by(({ containerPort, protocol }) => `${containerPort}/${protocol}`)),
      entryPoint: each.entryPoint?.length ? each.entryPoint : null,
      command: each.command?.length ? each.command : null,
    }))
    .sort(by(({ name }) => name));
}
