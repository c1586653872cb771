/**
 * The typed model of an app as its compose file describes it: what every target deploys. Plain data, sorted and complete:
 * durations are seconds, sizes are bytes, paths on the host are absolute.
 */

/** Text that may hold secrets. A plain string is public; anything else must be kept secret as a whole. */
export type Text = string | SecretText;

/** Secret text: its pieces in order, each either literal (itself secret) or the name of a secret that the caller supplies. */
export interface SecretText {
  readonly secret: readonly (string | { readonly name: string })[];
}

export interface App {
  /** Compose project name. */
  readonly name: string;
  /** Absolute path of the compose file. */
  readonly file: string;
  /** Services by name, dependencies before dependents. */
  readonly services: ReadonlyMap<string, Service>;
  /** By service: images that are built for others to extend, of services that do not run (`scale: 0`). @default none */
  readonly builds?: ReadonlyMap<string, Build>;
  readonly networks: ReadonlyMap<string, Network>;
  readonly volumes: ReadonlyMap<string, Volume>;
  /** Published ports, beside 80 and 443, to be opened to the world on the clouds. @default [] */
  readonly expose?: readonly number[];
  /** Values of files that sops encrypted: what must not be shown even where it is a part of something else. @default [] */
  readonly secretValues?: readonly string[];
  /** What the target maps with a difference that the user should know of; shown once a deployment. */
  readonly warnings: readonly Finding[];
}

/** Something to tell about a place in the compose file. */
export interface Finding {
  /** File and line, or file and path where there is no line: `compose.yaml:12`. */
  readonly where: string;
  /** Path of the field: `services.web.cpu_percent`. */
  readonly field: string;
  /** The reason, from the support table. */
  readonly reason: string;
}

export interface Service {
  readonly name: string;
  readonly image: ImageSource;
  /** Overrides the image's command, exec form. */
  readonly command?: readonly string[];
  /** Overrides the image's entrypoint, exec form. */
  readonly entrypoint?: readonly string[];
  readonly environment: Readonly<Record<string, Text>>;
  /** Host names under which the other services reach it: service name, container name, aliases, by network. */
  readonly networks: ReadonlyMap<string, Attachment>;
  /** `none` and `host` exclude networks. @default "bridge" */
  readonly networkMode: "bridge" | "host" | "none";
  readonly hostname?: string;
  readonly extraHosts: readonly { readonly host: string; readonly ip: string }[];
  readonly ports: readonly Port[];
  /** TCP ports on which the others reach it, for targets that must know them. @default none */
  readonly exposed?: readonly number[];
  readonly mounts: readonly Mount[];
  /** Compose secrets and configs: files put into the container. */
  readonly files: readonly File[];
  readonly dependsOn: Readonly<Record<string, Condition>>;
  readonly healthcheck?: Healthcheck;
  readonly restart: Restart;
  /** Runs to completion once a release, before the services that depend on it. */
  readonly job: boolean;
  readonly resources: Resources;
  readonly user?: string;
  readonly workingDir?: string;
  readonly groupAdd: readonly string[];
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly init: boolean;
  readonly tty: boolean;
  readonly stdinOpen: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly devices: readonly { readonly source: string; readonly target: string; readonly permissions: string }[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds between stop signal and kill. @default 10 */
  readonly stopGracePeriod?: number;
  readonly stopSignal?: string;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly platform?: string;
}

export type ImageSource =
  | { readonly kind: "registry"; readonly reference: string }
  | { readonly kind: "build"; readonly build: Build /** The `image:` beside `build:`. */; readonly reference?: string };

export interface Build {
  /** Absolute path of the context folder. */
  readonly context: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  readonly target?: string;
  readonly args: Readonly<Record<string, Text>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
  /** Named contexts: a folder, an image (`docker-image://`), or another service of the app (`service:name`). */
  readonly additionalContexts: Readonly<Record<string, string>>;
  /** Build secrets by id. */
  readonly secrets: Readonly<Record<string, Text>>;
}

export interface Attachment {
  readonly aliases: readonly string[];
  readonly ipv4Address?: string;
}

export interface Port {
  /** Port inside the container. */
  readonly target: number;
  /** Port on the host; absent = chosen by the engine. */
  readonly published?: number;
  readonly protocol: "tcp" | "udp";
  /** Address the compose file binds to, where it says one. */
  readonly hostIp?: string;
}

export type Mount =
  | {
      readonly kind: "volume";
      readonly volume: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly noCopy: boolean;
    }
  | {
      readonly kind: "bind";
      /** Absolute path on the host. */
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly createHostPath: boolean;
      /** What becomes of it on the clouds. Without it, it is there read-only, of a file or folder that exists. */
      readonly cloud?: "disk" | "drop";
    }
  | { readonly kind: "tmpfs"; readonly target: string /** Bytes. */; readonly size?: number; readonly mode?: number };

export interface File {
  /** Name of the compose secret or config. */
  readonly name: string;
  readonly kind: "secret" | "config";
  /** Absolute path in the container. */
  readonly target: string;
  readonly content: Text;
  readonly uid?: number;
  readonly gid?: number;
  /** @default 0o444 */
  readonly mode: number;
}

export type Condition = "started" | "healthy" | "completed";

export interface Healthcheck {
  /** `["CMD", ...]`, `["CMD-SHELL", line]` or `["NONE"]`; absent = the image's own command. */
  readonly test?: readonly string[];
  /** Seconds. */
  readonly interval?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
}

export interface Restart {
  readonly policy: "no" | "always" | "on-failure" | "unless-stopped";
  readonly maxRetries?: number;
}

export interface Resources {
  /** CPUs, fractions allowed. */
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly cpuShares?: number;
  readonly pids?: number;
}

export interface Network {
  readonly name: string;
  readonly internal: boolean;
  readonly driver?: string;
  readonly driverOpts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly subnets: readonly { readonly subnet?: string; readonly gateway?: string; readonly ipRange?: string }[];
  /** Existing network of that name, not made and not deleted. */
  readonly external?: string;
}

export interface Volume {
  readonly name: string;
  readonly driver?: string;
  readonly driverOpts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Existing volume of that name, not made and not deleted. */
  readonly external?: string;
  /** Where its content lives. @default "disk" */
  readonly storage: Storage;
  /** For `storage: image`: the service whose image supplies the content (the first that mounts it writable). */
  readonly imageOf?: string;
  /** For `storage: bucket`: owner, group and modes of the mount, and an existing bucket or file system by name. */
  readonly uid?: number;
  readonly gid?: number;
  readonly fileMode?: number;
  readonly dirMode?: number;
  readonly existing?: string;
}

export type Storage = "disk" | "bucket" | "image";

/** What Compose cannot say: `x-retrofit` of the file, or the stack's configuration under the same names, which wins. */
export interface Extension {
  readonly services?: Readonly<Record<string, ServiceExtension>>;
  readonly volumes?: Readonly<Record<string, VolumeExtension>>;
  /** Published ports, beside 80 and 443, to be opened to the world on the clouds. */
  readonly expose?: readonly number[];
}

export interface ServiceExtension {
  readonly job?: boolean;
  /** Added to the service's own `expose`: ports on which the others reach it, for targets that must know them. */
  readonly expose?: readonly number[];
  /** By path in the container: what becomes of a writable bind on the clouds. With `copy` it is as if it were read-only. */
  readonly binds?: Readonly<Record<string, "disk" | "copy" | "drop">>;
  /** Added to the service's environment, and winning over it. */
  readonly environment?: Readonly<Record<string, Text>>;
}

export interface VolumeExtension {
  readonly storage?: Storage;
  readonly uid?: number;
  readonly gid?: number;
  /** Octal text such as "0640". */
  readonly fileMode?: string;
  readonly dirMode?: string;
  /** Existing bucket or file system. */
  readonly existing?: string;
}
