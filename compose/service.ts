import { toBuild } from "./build.ts";
import type { CanonicalService } from "./canonical.ts";
import { toEnvironment } from "./environment.ts";
import { toFiles } from "./file.ts";
import { toHealthcheck } from "./healthcheck.ts";
import type { Condition, ImageSource, Resources, Restart, Service } from "./model.ts";
import { toMounts } from "./mount.ts";
import { toExposed, toPorts } from "./port.ts";
import type { Reading } from "./reading.ts";
import { secretsIn } from "./secretText.ts";
import { toBytes, toSeconds } from "./units.ts";

const CONDITIONS: Readonly<Record<string, Condition>> = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
};

const CONDITION_POLICIES: Readonly<Record<string, Restart["policy"]>> = { "": "no", none: "no", any: "always" };

// https://github.com/distribution/reference: host, path in lower case, tag, digest.
const IMAGE =
  /^(?:(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?::\d+)?|[a-zA-Z0-9-]+:\d+|localhost)\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** One service as its own part of the file says; what depends on the others comes after: {@link import("./dependencies.ts")}. */
export function toService(name: string, service: CanonicalService, reading: Reading): Service {
  const { hostname, user, platform, logging } = service;
  if (hostname !== undefined && secretsIn(hostname).length === 0 && !/^[\w]([\w.-]{0,61}[\w])?$/.test(hostname)) {
    reading.report.problem(
      ["services", name, "hostname"],
      `is ${JSON.stringify(hostname)}`,
      "Give up to 63 letters, digits, dots and dashes",
    );
  }
  const { stop_signal: stopSignal, working_dir: workingDir } = service;
  const networkMode = toNetworkMode(name, service, reading);
  const healthcheck = service.healthcheck && toHealthcheck(name, service.healthcheck, reading);
  const grace = service.stop_grace_period === undefined ? undefined : toSeconds(service.stop_grace_period);
  const exposed = toExposed(name, service.expose ?? [], reading);
  const shmSize = service.shm_size === undefined ? undefined : toBytes(service.shm_size);
  return {
    name,
    image: toImage(name, service, reading),
    ...(service.command ? { command: service.command } : {}),
    ...(service.entrypoint ? { entrypoint: service.entrypoint } : {}),
    environment: toEnvironment(name, service.environment ?? {}, reading),
    networks: networkMode === "bridge" ? toAttachments(name, service) : new Map(),
    networkMode,
    ...(hostname ? { hostname } : {}),
    extraHosts: (service.extra_hosts ?? []).map(toExtraHost),
    ports: networkMode === "bridge" ? toPorts(name, service.ports ?? [], reading) : [],
    ...(exposed === undefined ? {} : { exposed }),
    mounts: toMounts(name, service, reading),
    files: toFiles(name, service, reading),
    dependsOn: Object.fromEntries(
      Object.entries(service.depends_on ?? {}).map(([other, { condition }]) => [
        other,
        CONDITIONS[condition] ?? "started",
      ]),
    ),
    ...(healthcheck ? { healthcheck } : {}),
    restart: toRestart(name, service, reading),
    job: reading.extension.services?.[name]?.job ?? false,
    resources: toResources(service),
    ...(user ? { user } : {}),
    ...(workingDir ? { workingDir } : {}),
    groupAdd: service.group_add ?? [],
    readOnly: service.read_only ?? false,
    privileged: service.privileged ?? false,
    init: service.init ?? false,
    tty: service.tty ?? false,
    stdinOpen: service.stdin_open ?? false,
    capAdd: service.cap_add ?? [],
    capDrop: service.cap_drop ?? [],
    securityOpt: service.security_opt ?? [],
    devices: (service.devices ?? []).map(({ source, target, permissions = "rwm" }) => ({
      source,
      target,
      permissions,
    })),
    sysctls: service.sysctls ?? {},
    ulimits: Object.fromEntries(
      Object.entries(service.ulimits ?? {}).map(([limit, value]) => [
        limit,
        typeof value === "number" ? { soft: value, hard: value } : { soft: value.soft, hard: value.hard },
      ]),
    ),
    labels: service.labels ?? {},
    // Engines count whole seconds; rounded down, half a second would mean none.
    ...(grace === undefined ? {} : { stopGracePeriod: Math.ceil(grace) }),
    ...(stopSignal ? { stopSignal } : {}),
    ...(shmSize === undefined ? {} : { shmSize }),
    ...(logging ? { logging: { driver: logging.driver ?? "json-file", options: logging.options ?? {} } } : {}),
    ...(platform ? { platform } : {}),
  };
}

function toImage(name: string, { build, image, platform }: CanonicalService, reading: Reading): ImageSource {
  if (image !== undefined && secretsIn(image).length === 0 && !IMAGE.test(image)) {
    reading.report.problem(
      ["services", name, "image"],
      `is ${image}, which is no reference of an image`,
      "Write it as name:tag in lower case, with the registry's host in front if there is one",
    );
  }
  if (build)
    return { kind: "build", build: toBuild(name, build, platform, reading), ...(image ? { reference: image } : {}) };
  return { kind: "registry", reference: image ?? "" };
}

function toNetworkMode(
  name: string,
  { network_mode: mode, ports = [] }: CanonicalService,
  { report }: Reading,
): Service["networkMode"] {
  if (mode === undefined || mode === "bridge" || mode === "default") return "bridge";
  if (mode === "host" || mode === "none") {
    if (ports.length > 0) {
      report.warn(
        ["services", name, "ports"],
        `publishes nothing: with network_mode ${mode} there is nothing to forward`,
      );
    }
    return mode;
  }
  report.problem(
    ["services", name, "network_mode"],
    `is ${mode}; a container cannot share another's network here`,
    "Give the service networks, or one of bridge, host and none",
  );
  return "bridge";
}

function toAttachments(
  name: string,
  { networks = {}, container_name: container }: CanonicalService,
): Service["networks"] {
  return new Map(
    Object.entries(networks)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([network, attachment]) => {
        const { aliases = [], ipv4_address: ipv4Address } = attachment ?? {};
        const hosts = new Set([name, ...(container ? [container] : []), ...aliases]);
        return [network, { aliases: [...hosts].sort(), ...(ipv4Address ? { ipv4Address } : {}) }];
      }),
  );
}

/** `host=ip`, as Compose prints it. */
function toExtraHost(line: string): { readonly host: string; readonly ip: string } {
  const end = line.indexOf("=");
  return { host: line.slice(0, end), ip: line.slice(end + 1) };
}

/** As in Compose, `deploy.restart_policy` wins over `restart`. */
function toRestart(name: string, { restart, deploy }: CanonicalService, { report }: Reading): Restart {
  const { condition, max_attempts: attempts } = deploy?.restart_policy ?? {};
  const [policy = "", retries = attempts] = deploy?.restart_policy
    ? [CONDITION_POLICIES[condition ?? ""] ?? condition]
    : (restart ?? "no").split(":", 2);
  if (policy === "always" || policy === "unless-stopped" || policy === "no") return { policy };
  if (policy === "on-failure" && /^\d*$/.test(String(retries ?? ""))) {
    return { policy, ...(retries === undefined ? {} : { maxRetries: Number(retries) }) };
  }
  const path = deploy?.restart_policy ? ["deploy", "restart_policy", "condition"] : ["restart"];
  report.problem(
    ["services", name, ...path],
    `is ${condition ?? restart}`,
    "Give no, always, on-failure, on-failure:<number> or unless-stopped",
  );
  return { policy: "no" };
}

function toResources({ deploy, ...service }: CanonicalService): Resources {
  const { limits, reservations } = deploy?.resources ?? {};
  const quota = service.cpu_quota ? service.cpu_quota / (service.cpu_period ?? 100_000) : undefined;
  const cpus = limits?.cpus ?? service.cpus ?? quota;
  const memory = bytes(limits?.memory ?? service.mem_limit);
  const memoryReservation = bytes(reservations?.memory ?? service.mem_reservation);
  const pids = limits?.pids ?? service.pids_limit;
  return {
    ...(cpus ? { cpus } : {}),
    ...(memory ? { memory } : {}),
    ...(memoryReservation ? { memoryReservation } : {}),
    ...(service.cpu_shares ? { cpuShares: service.cpu_shares } : {}),
    ...(pids ? { pids } : {}),
  };
}

function bytes(size: string | undefined): number | undefined {
  return size === undefined ? undefined : toBytes(size);
}
