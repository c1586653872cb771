import { dirname } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Healthcheck, Mount, Service } from "../../compose/model.ts";
import { type Secrets, textOutputs } from "../text.ts";
import { uploads } from "./files.ts";

/** What a container refers to that is made elsewhere. */
export interface ContainerContext {
  /** Id of the image. */
  readonly imageId: pulumi.Input<string>;
  /** Names of the networks on the engine, by their name in the compose file. */
  readonly networks: Readonly<Record<string, pulumi.Input<string>>>;
  /** Names of the volumes on the engine, by their name in the compose file. */
  readonly volumes: Readonly<Record<string, pulumi.Input<string>>>;
  /** Volumes that this service may only read, whatever the compose file says. */
  readonly readOnlyVolumes: ReadonlySet<string>;
  /** Volume with the files of each folder that the container could not take them into itself. */
  readonly fileVolumes: Readonly<Record<string, pulumi.Input<string>>>;
  readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  /** Address for ports that the compose file gives none. */
  readonly bind: string;
  readonly secrets: Secrets;
}

const mebibyte = 1024 * 1024;

/**
 * A compose service as the inputs of a container. Lists are in a canonical order, so that a second run shows no change.
 * Units are the provider's: memory in MiB, durations as Go writes them.
 */
export function containerArgs(service: Service, context: ContainerContext): docker.ContainerArgs {
  const { resources } = service;
  const memory = resources.memory === undefined ? undefined : Math.ceil(resources.memory / mebibyte);
  return {
    image: context.imageId,
    command: service.command && [...service.command],
    entrypoints: service.entrypoint && [...service.entrypoint],
    envs: environment(service, context.secrets),
    user: service.user,
    workingDir: service.workingDir,
    groupAdds: optional([...service.groupAdd]),
    hostname: service.hostname,
    hosts: optional(service.extraHosts.map(({ host, ip }) => ({ host, ip }))),
    networkMode: service.networkMode,
    networksAdvanced: optional(
      [...service.networks].map(([network, { aliases, ipv4Address }]) => ({
        name: context.networks[network] as pulumi.Input<string>,
        aliases: [...aliases],
        ipv4Address,
      })),
    ),
    ports: optional(
      service.ports.map((port) => ({
        internal: port.target,
        external: port.published,
        protocol: port.protocol,
        ip: port.hostIp ?? context.bind,
      })),
    ),
    mounts: optional([...service.mounts.flatMap((mount) => mounted(mount, context)), ...fileMounts(context)]),
    volumes: optional(
      service.mounts.flatMap((mount) =>
        mount.kind === "bind" && mount.createHostPath
          ? [{ hostPath: mount.source, containerPath: mount.target, readOnly: mount.readOnly }]
          : [],
      ),
    ),
    uploads: optional(uploads(openFiles(service, context), context.secrets)),
    healthcheck: service.healthcheck && healthcheck(service.healthcheck),
    restart: service.job ? "no" : service.restart.policy,
    maxRetryCount: service.restart.maxRetries,
    // A container that stops is reported by the release check, with its log; the provider would only say that it stopped.
    mustRun: false,
    cpus: resources.cpus?.toString(),
    cpuShares: resources.cpuShares,
    memory,
    // Set, or a refresh reports twice the memory back and every preview shows a change.
    memorySwap: memory === undefined ? undefined : 2 * memory,
    memoryReservation:
      resources.memoryReservation === undefined ? undefined : Math.ceil(resources.memoryReservation / mebibyte),
    shmSize: service.shmSize === undefined ? undefined : Math.ceil(service.shmSize / mebibyte),
    readOnly: service.readOnly,
    privileged: service.privileged,
    init: service.init,
    tty: service.tty,
    stdinOpen: service.stdinOpen,
    capabilities:
      service.capAdd.length + service.capDrop.length === 0
        ? undefined
        : { adds: [...service.capAdd], drops: [...service.capDrop] },
    securityOpts: optional([...service.securityOpt]),
    devices: optional(
      service.devices.map(({ source, target, permissions }) => ({
        hostPath: source,
        containerPath: target,
        permissions,
      })),
    ),
    sysctls: service.sysctls,
    ulimits: optional(Object.entries(service.ulimits).map(([name, { soft, hard }]) => ({ name, soft, hard }))),
    stopSignal: service.stopSignal,
    stopTimeout: service.stopGracePeriod,
    destroyGraceSeconds: service.stopGracePeriod ?? 10,
    logDriver: service.logging?.driver,
    logOpts: service.logging?.options,
    platform: service.platform,
    labels: Object.entries({ ...service.labels, ...context.labels })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, value]) => ({ label, value })),
  };
}

/** Seconds as Go writes a duration, which is how the provider reads it back: `1m30s`, `1.5s`, `0s`. */
export function goDuration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round((seconds % 60) * 1000) / 1000;
  return `${hours > 0 ? `${hours}h` : ""}${hours + minutes > 0 ? `${minutes}m` : ""}${rest}s`;
}

function environment(service: Service, secrets: Secrets): pulumi.Input<string>[] {
  return Object.entries(textOutputs(service.environment, secrets))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (typeof value === "string" ? `${name}=${value}` : pulumi.interpolate`${name}=${value}`));
}

function mounted(mount: Mount, context: ContainerContext): docker.types.input.ContainerMount[] {
  const { target } = mount;
  switch (mount.kind) {
    case "volume":
      return [
        {
          type: "volume",
          source: context.volumes[mount.volume] as pulumi.Input<string>,
          target,
          readOnly: mount.readOnly || context.readOnlyVolumes.has(mount.volume),
          volumeOptions: mount.noCopy ? { noCopy: true } : undefined,
        },
      ];
    case "bind":
      return mount.createHostPath ? [] : [{ type: "bind", source: mount.source, target, readOnly: mount.readOnly }];
    case "tmpfs":
      return [{ type: "tmpfs", target, tmpfsOptions: { sizeBytes: mount.size, mode: mount.mode } }];
  }
}

function fileMounts({ fileVolumes }: ContainerContext): docker.types.input.ContainerMount[] {
  return Object.entries(fileVolumes).map(([folder, source]) => ({
    type: "volume",
    source,
    target: folder,
    readOnly: true,
  }));
}

function openFiles({ files }: Service, { fileVolumes }: ContainerContext) {
  return files.filter(({ target }) => !(dirname(target) in fileVolumes));
}

function healthcheck(check: Healthcheck): docker.types.input.ContainerHealthcheck {
  const duration = (seconds: number | undefined) => (seconds === undefined ? undefined : goDuration(seconds));
  return {
    tests: check.test && [...check.test],
    interval: duration(check.interval),
    timeout: duration(check.timeout),
    startPeriod: duration(check.startPeriod),
    startInterval: duration(check.startInterval),
    retries: check.retries,
  };
}

function optional<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}
