import type { Healthcheck, Mount, Service, Text, Volume } from "../../compose/model.ts";
import type { Bind } from "../carriedBinds.ts";
import { placeholder } from "./placeholder.ts";

/** What a container refers to that is made elsewhere. */
export interface BodyContext {
  /** Image reference by digest. */
  readonly image: string;
  /** Networks in the order of their names on the engine; none for the modes `host` and `none`. */
  readonly attachments: readonly NetworkAttachment[];
  /** Whether it outlives the networks of the release in which it was made. */
  readonly outlives: boolean;
  readonly volumes: ReadonlyMap<string, Volume>;
  /** Name on the VM's engine of each volume that is not a bucket. */
  readonly volumeNames: ReadonlyMap<string, string>;
  /** Placeholder of a secret environment variable. */
  readonly secretOf: (variable: string) => string;
  /** Paths in the container at which files are mounted, in the order of their numbers. */
  readonly filePaths: readonly string[];
  /** What stands for a bind: a volume, something that goes with the container, or nothing, as its content comes otherwise or not at all. */
  readonly bindOf: (mount: Bind) => { readonly volume: string; readonly isFilled?: boolean } | "scratch" | "nothing";
}

export interface NetworkAttachment {
  /** Name in the compose file. */
  readonly network: string;
  /** Whether the network is the same for all releases. */
  readonly fixed: boolean;
  readonly internal: boolean;
  readonly aliases: readonly string[];
  readonly ipv4Address?: string;
}

/** Folder on the VM in which each bucket has a folder, and in that `files`. */
export const bucketsFolder = "/run/retrofit/buckets";

/** Folder on the VM in which each container has its mounted files. */
const filesFolder = "/run/retrofit/files";

/** A compose service as the body of the engine's `POST /containers/create`, whose units are bytes and nanoseconds. */
export function containerBody(service: Service, context: BodyContext): object {
  const { resources } = service;
  // The engine starts no container whose first network is gone: one that outlives it is made on the engine's own, is then
  // attached to the others, and detached from that.
  const [first] = context.outlives ? [] : context.attachments;
  const buckets = bucketsOf(service, context.volumes);
  return {
    Image: context.image,
    Cmd: service.command,
    Entrypoint: service.entrypoint,
    Env: Object.entries(service.environment)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${publicValue(value) ?? context.secretOf(name)}`),
    User: service.user,
    WorkingDir: service.workingDir,
    Hostname: service.hostname,
    Tty: service.tty,
    OpenStdin: service.stdinOpen,
    StopSignal: service.stopSignal,
    StopTimeout: service.stopGracePeriod,
    Healthcheck: service.healthcheck && healthcheck(service.healthcheck),
    Labels: {
      ...service.labels,
      "retrofit.instance": placeholder("instance"),
      "retrofit.service": service.name,
      ...Object.fromEntries(buckets.map((volume) => [`retrofit.bucket.${volume}`, ""])),
    },
    HostConfig: {
      NetworkMode: first ? networkName(first) : service.networkMode,
      // systemd starts it again: the engine would, at boot, before what it needs is there.
      RestartPolicy: { Name: "no" },
      Mounts: [...service.mounts.flatMap((mount) => mounted(service, mount, context)), ...files(context.filePaths)],
      ReadonlyRootfs: service.readOnly,
      Privileged: service.privileged,
      Init: service.init,
      CapAdd: service.capAdd,
      CapDrop: service.capDrop,
      SecurityOpt: service.securityOpt,
      GroupAdd: service.groupAdd,
      ExtraHosts: service.extraHosts.map(({ host, ip }) => `${host}:${ip}`),
      Devices: service.devices.map(({ source, target, permissions }) => ({
        PathOnHost: source,
        PathInContainer: target,
        CgroupPermissions: permissions,
      })),
      Sysctls: service.sysctls,
      Ulimits: Object.entries(service.ulimits).map(([name, { soft, hard }]) => ({
        Name: name,
        Soft: soft,
        Hard: hard,
      })),
      NanoCpus: resources.cpus === undefined ? undefined : Math.round(resources.cpus * 1e9),
      CpuShares: resources.cpuShares,
      Memory: resources.memory,
      MemoryReservation: resources.memoryReservation,
      PidsLimit: resources.pids,
      ShmSize: service.shmSize,
      LogConfig: service.logging
        ? { Type: service.logging.driver, Config: service.logging.options }
        : // Without a limit the logs of one container could fill the boot disk.
          { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
    NetworkingConfig: first && {
      EndpointsConfig: {
        [networkName(first)]: {
          Aliases: first.aliases,
          IPAMConfig: first.ipv4Address === undefined ? undefined : { IPv4Address: first.ipv4Address },
        },
      },
    },
  };
}

/** Name of a network on the VM's engine, with a placeholder where each release has its own. */
export function networkName({ network, fixed }: Pick<NetworkAttachment, "network" | "fixed">): string {
  return fixed ? `${network}.fixed` : `${network}.${placeholder("release")}`;
}

/** The buckets that a service mounts, by volume. */
export function bucketsOf(service: Service, volumes: ReadonlyMap<string, Volume>): string[] {
  const names = service.mounts.flatMap((mount) =>
    mount.kind === "volume" && volumes.get(mount.volume)?.storage === "bucket" ? [mount.volume] : [],
  );
  return [...new Set(names)].sort();
}

function publicValue(value: Text): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function mounted(service: Service, mount: Mount, context: BodyContext): object[] {
  const { target } = mount;
  switch (mount.kind) {
    case "volume":
      return [volumeMount(service, mount, context)];
    case "bind": {
      const instead = context.bindOf(mount);
      if (instead === "nothing") return [];
      // Filled from the image, as Docker does with volumes, and gone with the container.
      if (instead === "scratch") return [{ Type: "volume", Target: target }];
      return [
        {
          Type: "volume",
          Source: context.volumeNames.get(instead.volume),
          Target: target,
          ReadOnly: mount.readOnly,
          ...(instead.isFilled ? { VolumeOptions: { NoCopy: true } } : {}),
        },
      ];
    }
    case "tmpfs":
      return [{ Type: "tmpfs", Target: target, TmpfsOptions: { SizeBytes: mount.size, Mode: mount.mode } }];
  }
}

function volumeMount(service: Service, mount: Extract<Mount, { kind: "volume" }>, context: BodyContext): object {
  const { target: Target, readOnly, noCopy, volume: name } = mount;
  const { storage, imageOf } = context.volumes.get(name) as Volume;
  const Source = context.volumeNames.get(name);
  if (storage === "bucket") {
    return { Type: "bind", Source: `${bucketsFolder}/${name}/files`, Target, ReadOnly: readOnly };
  }
  const fills = storage !== "image" || imageOf === service.name;
  return {
    Type: "volume",
    Source,
    Target,
    ReadOnly: readOnly || !fills,
    VolumeOptions: { NoCopy: noCopy || !fills },
  };
}

function files(paths: readonly string[]): object[] {
  return paths.map((Target, number) => ({
    Type: "bind",
    Source: `${filesFolder}/${placeholder("instance")}/${number}`,
    Target,
    ReadOnly: true,
  }));
}

/** Seconds between checks in the start period. The engine's 5 would be waited for at every step of a chain of services. */
const eager = 1;

function healthcheck(check: Healthcheck): object {
  const nanoseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : Math.round(seconds * 1e9));
  return {
    Test: check.test,
    Interval: nanoseconds(check.interval),
    Timeout: nanoseconds(check.timeout),
    StartPeriod: nanoseconds(check.startPeriod),
    StartInterval: nanoseconds(check.startInterval ?? (check.startPeriod === undefined ? undefined : eager)),
    Retries: check.retries,
  };
}
