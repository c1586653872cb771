import type { Path } from "../path.ts";
import type { LaunchType, Target } from "../reading.ts";

/** Where containers run: a target, and on aws the launch type. */
export type Platform = Exclude<Target, "aws"> | LaunchType;

/** What becomes of a field on a platform. */
export type Support =
  | { readonly status: "mapped" /** What is worth knowing. */; readonly note?: string }
  | { readonly status: "warned"; readonly reason: string; readonly harmless?: Harmless }
  | {
      readonly status: "refused";
      readonly reason: string;
      /** Imperative. */
      readonly mend: string;
      readonly harmless?: Harmless;
    };

/** Values that are mapped although the field is warned of or refused. @default false, 0 and empty text */
export interface Harmless {
  readonly says: string;
  readonly test: (value: unknown, use: Use) => boolean;
}

/** One field of the Compose specification. */
export interface Row {
  /** `*` stands for a name that the user chooses: `services.*.image`. */
  readonly path: string;
  readonly support: Readonly<Record<Platform, Support>>;
}

/** Where a field stands in the file at hand. */
export interface Use {
  readonly path: Path;
  /** Whether the user wrote it; otherwise Compose derived it. */
  readonly written: () => boolean;
  /** Services that are active. */
  readonly services: ReadonlySet<string>;
}

/** Mapped on all platforms. */
export function mapped(path: string, note?: string): Row {
  return everywhere(path, isMapped(note));
}

/** Warned of on all platforms. */
export function warned(path: string, reason: string, harmless?: Harmless): Row {
  return everywhere(path, isWarned(reason, harmless));
}

/** Refused on all platforms. */
export function refused(path: string, reason: string, mend: string, harmless?: Harmless): Row {
  return everywhere(path, isRefused(reason, mend, harmless));
}

/** Another support on some platforms. */
export function but(row: Row, support: Partial<Row["support"]>): Row {
  return { ...row, support: { ...row.support, ...support } };
}

/** Another support on aws, whatever the launch type. */
export function onAws(row: Row, support: Support): Row {
  return but(row, { fargate: support, ec2: support });
}

export function isMapped(note?: string): Support {
  return { status: "mapped", ...(note ? { note } : {}) };
}

export function isWarned(reason: string, harmless?: Harmless): Support {
  return { status: "warned", reason, ...(harmless ? { harmless } : {}) };
}

export function isRefused(reason: string, mend: string, harmless?: Harmless): Support {
  return { status: "refused", reason, mend, ...(harmless ? { harmless } : {}) };
}

/** The same for a field and those inside it: `["services.*.gpus", "services.*.gpus.count", ...]`. */
export function all(row: Row, inside: readonly string[]): Row[] {
  return [row, ...inside.map((name) => ({ ...row, path: `${row.path}.${name}` }))];
}

/** The values that are mapped although the field as such is not. */
export function only(...values: readonly (string | number | boolean)[]): Harmless {
  return { says: values.join(", "), test: (value) => values.includes(value as string) };
}

function everywhere(path: string, support: Support): Row {
  return { path, support: { docker: support, gcp: support, fargate: support, ec2: support } };
}
