import type { Canonical, Raw } from "./canonical.ts";
import type { Extension, ServiceExtension, VolumeExtension } from "./model.ts";
import { type Path, showPath } from "./path.ts";
import type { Report } from "./report.ts";
import { secretsIn } from "./secretText.ts";

type Check = (value: unknown) => boolean;

interface Rule {
  readonly valid: Check;
  readonly mend: string;
}

const flag: Rule = { valid: (value) => typeof value === "boolean", mend: "Give true or false" };
const id: Rule = {
  valid: (value) => Number.isInteger(value) && Number(value) >= 0,
  mend: "Give a number from 0 upwards",
};
const mode: Rule = {
  valid: (value) => typeof value === "string" && /^0?[0-7]{3}$/.test(value),
  mend: 'Give an octal mode in quotes, such as "0640"',
};
const filled: Rule = {
  valid: (value) => typeof value === "string" && value !== "" && secretsIn(value).length === 0,
  mend: "Give a name that is not secret",
};
const storage: Rule = {
  valid: (value) => value === "disk" || value === "bucket" || value === "image",
  mend: "Give disk, bucket or image",
};

const VOLUME: Readonly<Record<keyof VolumeExtension, Rule>> = {
  storage,
  uid: id,
  gid: id,
  fileMode: mode,
  dirMode: mode,
  existing: filled,
};

/** Where an extension comes from: the compose file or the stack. */
export type Origin = "x-retrofit" | "stack configuration";

/** Checks shape and names of an extension; what is wrong is reported and left out. */
export function checkExtension(value: unknown, canonical: Canonical, origin: Origin, report: Report): Extension {
  const check = new Checker(canonical, origin, report);
  return check.extension(value);
}

/** Reports an extension inside a service or volume, where Compose allows it and nothing would read it. */
export function checkExtensionPlaces(raw: Raw, report: Report): void {
  for (const section of ["services", "volumes", "networks"] as const) {
    for (const [name, fields] of Object.entries(raw[section] ?? {})) {
      if (fields === null || !("x-retrofit" in fields)) continue;
      const mend =
        section === "networks" ? "Remove it" : `Move it to x-retrofit.${section}.${name} at the top of the file`;
      report.problem([section, name, "x-retrofit"], "is not read there", mend);
    }
  }
}

/** One extension over another: the upper wins, field by field; its `expose` replaces the lower's. */
export function mergeExtensions(lower: Extension, upper: Extension): Extension {
  const services: Record<string, ServiceExtension> = { ...lower.services };
  for (const [name, service] of Object.entries(upper.services ?? {})) {
    const below = services[name];
    services[name] = {
      ...below,
      ...service,
      binds: { ...below?.binds, ...service.binds },
      environment: { ...below?.environment, ...service.environment },
    };
  }
  const volumes: Record<string, VolumeExtension> = { ...lower.volumes };
  for (const [name, volume] of Object.entries(upper.volumes ?? {})) volumes[name] = { ...volumes[name], ...volume };
  return { services, volumes, expose: upper.expose ?? lower.expose ?? [] };
}

class Checker {
  private readonly canonical: Canonical;
  private readonly origin: Origin;
  private readonly report: Report;

  constructor(canonical: Canonical, origin: Origin, report: Report) {
    this.canonical = canonical;
    this.origin = origin;
    this.report = report;
  }

  extension(value: unknown): Extension {
    const fields = this.object(value, []);
    this.noOthers(fields, ["services", "volumes", "expose"], []);
    return {
      services: this.named(fields.services, "services", "service", this.canonical.services, (service, path) =>
        this.service(service, path),
      ),
      volumes: this.named(fields.volumes, "volumes", "volume", this.canonical.volumes, (volume, path) =>
        this.volume(volume, path),
      ),
      ...(fields.expose === undefined ? {} : { expose: this.expose(fields.expose) }),
    };
  }

  private service(value: unknown, path: Path): ServiceExtension {
    const fields = this.object(value, path);
    this.noOthers(fields, ["job", "expose", "binds", "environment"], path);
    const binds = this.object(fields.binds, [...path, "binds"]);
    const mounted = this.canonical.services?.[String(path[1])]?.volumes ?? [];
    for (const [target, becomes] of Object.entries(binds)) {
      if (!mounted.some((mount) => mount.type === "bind" && mount.target === target)) {
        this.problem(
          [...path, "binds", target],
          "is not where the service mounts a folder or file of the host",
          "Give the path in the container of a bind mount",
        );
      } else if (becomes !== "disk" && becomes !== "copy" && becomes !== "drop") {
        this.problem(
          [...path, "binds", target],
          `is ${JSON.stringify(becomes)}`,
          'Give "disk" to keep it, "copy" to take its content along, read-only, or "drop" to leave it out',
        );
      }
    }
    const environment = this.object(fields.environment, [...path, "environment"]);
    for (const [name, text] of Object.entries(environment)) {
      if (typeof text === "number" || typeof text === "boolean") environment[name] = String(text);
      else if (typeof text !== "string" && !(typeof text === "object" && text !== null && "secret" in text)) {
        this.problem([...path, "environment", name], "is not a text", "Give a text, a number, true or false");
      }
    }
    const job = this.valid(flag, fields.job, [...path, "job"]);
    return {
      ...(job === undefined ? {} : { job: job as boolean }),
      ...(fields.expose === undefined ? {} : { expose: this.ports(fields.expose, [...path, "expose"]) }),
      binds: binds as NonNullable<ServiceExtension["binds"]>,
      environment: environment as NonNullable<ServiceExtension["environment"]>,
    };
  }

  private volume(value: unknown, path: Path): VolumeExtension {
    const fields = this.object(value, path);
    this.noOthers(fields, Object.keys(VOLUME), path);
    if (fields.storage === "disk" || fields.storage === "image") {
      for (const field of Object.keys(VOLUME).filter((known) => known !== "storage" && known in fields)) {
        this.problem([...path, field], "is for volumes with storage: bucket only", "Remove it");
      }
    }
    return Object.fromEntries(
      Object.entries(VOLUME).flatMap(([field, rule]) => {
        const valid = this.valid(rule, fields[field], [...path, field]);
        return valid === undefined ? [] : [[field, valid]];
      }),
    );
  }

  private expose(value: unknown): number[] {
    if (!Array.isArray(value)) {
      this.problem(["expose"], "is not a list", "Give the published ports to open, as in [5432]");
      return [];
    }
    const published = Object.values(this.canonical.services ?? {}).flatMap(({ ports = [] }) =>
      ports.map((port) => Number(port.published)),
    );
    return value.filter((port, index) => {
      if (published.includes(port)) return true;
      this.problem(
        ["expose", index],
        `is ${JSON.stringify(port)}, which no service publishes`,
        "Give a port of the host that a service publishes",
      );
      return false;
    });
  }

  private ports(value: unknown, path: Path): number[] {
    if (Array.isArray(value) && value.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) return value;
    this.problem(path, "is not a list of port numbers", "Give the ports on which the others reach it, as in [5432]");
    return [];
  }

  private named<T>(
    value: unknown,
    field: string,
    noun: string,
    known: Readonly<Record<string, unknown>> | null | undefined,
    read: (value: unknown, path: Path) => T,
  ): Record<string, T> {
    return Object.fromEntries(
      Object.entries(this.object(value, [field])).flatMap(([name, inner]) => {
        if (known && Object.hasOwn(known, name)) return [[name, read(inner, [field, name])]];
        const names = Object.keys(known ?? {})
          .sort()
          .join(", ");
        this.problem(
          [field, name],
          `is not a ${noun} of the app`,
          names ? `Give one of: ${names}` : `Remove it: the app has no ${noun}`,
        );
        return [];
      }),
    );
  }

  private valid(rule: Rule, value: unknown, path: Path): unknown {
    if (value === undefined || value === null) return undefined;
    if (rule.valid(value)) return value;
    this.problem(path, `is ${JSON.stringify(value)}`, rule.mend);
    return undefined;
  }

  private object(value: unknown, path: Path): Record<string, unknown> {
    if (value === undefined || value === null) return {};
    if (typeof value === "object" && !Array.isArray(value)) return { ...value };
    this.problem(path, "is not a mapping", "Give names with their values");
    return {};
  }

  private noOthers(fields: Readonly<Record<string, unknown>>, known: readonly string[], path: Path): void {
    for (const field of Object.keys(fields)) {
      if (!known.includes(field))
        this.problem([...path, field], "is not known here", `Give one of: ${known.join(", ")}`);
    }
  }

  private problem(path: Path, what: string, mend: string): void {
    if (this.origin === "x-retrofit") this.report.problem([this.origin, ...path], what, mend);
    else this.report.add({ where: this.origin, what: `retrofit:${showPath(path)} ${what}`, mend });
  }
}
