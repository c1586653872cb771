/** What `docker compose config --format json` prints, as far as it is carried further. Absent values may be null. */
export interface Canonical {
  readonly name: string;
  readonly services?: Readonly<Record<string, CanonicalService>> | null;
  readonly networks?: Readonly<Record<string, CanonicalNetwork | null>> | null;
  readonly volumes?: Readonly<Record<string, CanonicalVolume | null>> | null;
  readonly secrets?: Readonly<Record<string, CanonicalFile>> | null;
  readonly configs?: Readonly<Record<string, CanonicalFile>> | null;
}

type Strings = Readonly<Record<string, string>>;

export interface CanonicalService {
  readonly build?: CanonicalBuild;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly command?: readonly string[] | null;
  readonly configs?: readonly CanonicalFileUse[];
  readonly container_name?: string;
  readonly cpu_period?: number;
  readonly cpu_quota?: number;
  readonly cpu_shares?: number;
  readonly cpus?: number;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: {
    readonly replicas?: number;
    readonly resources?: {
      readonly limits?: { readonly cpus?: number; readonly memory?: string; readonly pids?: number };
      readonly reservations?: { readonly memory?: string };
    };
    readonly restart_policy?: { readonly condition?: string; readonly max_attempts?: number };
  };
  readonly devices?: readonly { readonly source: string; readonly target: string; readonly permissions?: string }[];
  readonly entrypoint?: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly expose?: readonly string[];
  readonly extra_hosts?: readonly string[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: {
    readonly disable?: boolean;
    readonly test?: readonly string[];
    readonly interval?: string;
    readonly timeout?: string;
    readonly retries?: number;
    readonly start_period?: string;
    readonly start_interval?: string;
  };
  readonly hostname?: string;
  readonly image?: string;
  readonly init?: boolean;
  readonly labels?: Strings;
  readonly links?: readonly string[];
  readonly logging?: { readonly driver?: string; readonly options?: Strings };
  readonly mem_limit?: string;
  readonly mem_reservation?: string;
  readonly network_mode?: string;
  readonly networks?: Readonly<
    Record<string, { readonly aliases?: readonly string[]; readonly ipv4_address?: string } | null>
  >;
  readonly pids_limit?: number;
  readonly platform?: string;
  readonly ports?: readonly CanonicalPort[];
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly scale?: number;
  readonly secrets?: readonly CanonicalFileUse[];
  readonly security_opt?: readonly string[];
  readonly shm_size?: string;
  readonly stdin_open?: boolean;
  readonly stop_grace_period?: string;
  readonly stop_signal?: string;
  readonly sysctls?: Strings;
  readonly tmpfs?: readonly string[];
  readonly tty?: boolean;
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>;
  readonly user?: string;
  readonly volumes?: readonly CanonicalMount[];
  readonly working_dir?: string;
}

export interface CanonicalBuild {
  readonly context: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly args?: Readonly<Record<string, string | null>>;
  readonly labels?: Strings;
  readonly additional_contexts?: Strings;
  readonly target?: string;
  readonly secrets?: readonly CanonicalFileUse[];
  readonly platforms?: readonly string[];
}

export interface CanonicalPort {
  readonly target: number;
  readonly published?: string;
  readonly protocol?: string;
  readonly host_ip?: string;
}

export interface CanonicalMount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly bind?: { readonly create_host_path?: boolean };
  readonly volume?: { readonly nocopy?: boolean };
  readonly tmpfs?: { readonly size?: string; readonly mode?: number };
}

export interface CanonicalFileUse {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: string;
}

export interface CanonicalNetwork {
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Strings;
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly ipam?: {
    readonly config?: readonly { readonly subnet?: string; readonly gateway?: string; readonly ip_range?: string }[];
  };
  readonly labels?: Strings;
}

export interface CanonicalVolume {
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Strings;
  readonly external?: boolean;
  readonly labels?: Strings;
}

/** A compose secret or config. */
export interface CanonicalFile {
  readonly name: string;
  readonly file?: string;
  readonly environment?: string;
  readonly content?: string;
  readonly external?: boolean;
}

/** The same file as `docker compose config --no-interpolate --format json` prints it: what the user wrote, variables unreplaced. */
export interface Raw {
  readonly services?: Readonly<Record<string, RawService>>;
  readonly networks?: Readonly<Record<string, object | null>>;
  readonly volumes?: Readonly<Record<string, object | null>>;
  readonly secrets?: Readonly<Record<string, object | null>>;
  readonly configs?: Readonly<Record<string, { readonly content?: string } | null>>;
  readonly "x-retrofit"?: unknown;
}

export interface RawService {
  readonly build?: { readonly args?: RawService["environment"] } | null;
  readonly command?: unknown;
  readonly entrypoint?: unknown;
  readonly healthcheck?: unknown;
  readonly labels?: unknown;
  readonly environment?: Readonly<Record<string, unknown>> | readonly string[] | null;
  readonly env_file?: readonly RawEnvFile[] | null;
}

export interface RawEnvFile {
  readonly path: string;
  readonly required?: boolean;
  readonly format?: string;
}

/** Undoes the escaping of dollar signs that `config` applies to everything it prints. */
export function unescapeDollars<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("$$", "$") as T;
  if (Array.isArray(value)) return value.map(unescapeDollars) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replaceAll("$$", "$"), unescapeDollars(inner)]),
  ) as T;
}
