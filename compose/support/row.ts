import type { Path } from "../path.ts";
import type { Target } from "../reading.ts";

/** What becomes of a field on a target. */
export type Support =
  | { readonly status: "mapped" /** What is worth knowing. */; readonly note?: string }
  | { readonly status: "warned"; readonly reason: string }
  | { readonly status: "refused"; readonly reason: string /** Imperative. */; readonly mend: string };

/** One field of the Compose specification. */
export interface Row {
  /** `*` stands for a name that the user chooses: `services.*.image`. */
  readonly path: string;
  readonly support: Readonly<Record<Target, Support>>;
  /** Values that are mapped although the field is warned of or refused. @default false, 0 and empty text */
  readonly harmless?: { readonly says: string; readonly test: (value: unknown, use: Use) => boolean };
}

/** Where a field stands in the file at hand. */
export interface Use {
  readonly path: Path;
  /** Whether the user wrote it; otherwise Compose derived it. */
  readonly written: () => boolean;
  /** Services that are active. */
  readonly services: ReadonlySet<string>;
}

const UNDECIDED: Support = {
  status: "refused",
  reason: "what becomes of it on this target is not decided yet",
  mend: "Remove it for this target",
};

/** Mapped on all targets. */
export function mapped(path: string, note?: string): Row {
  return everywhere(path, { status: "mapped", ...(note ? { note } : {}) });
}

/** Mapped where a Docker engine runs the containers: on this machine and on the VM. */
export function mappedOnEngines(path: string, note?: string): Row {
  const support: Support = { status: "mapped", ...(note ? { note } : {}) };
  return { path, support: { docker: support, gcp: support, aws: UNDECIDED } };
}

/** Mapped on this machine's Docker; not decided for the clouds. */
export function mappedOnDocker(path: string, note?: string): Row {
  return { path, support: { docker: { status: "mapped", ...(note ? { note } : {}) }, gcp: UNDECIDED, aws: UNDECIDED } };
}

/** Warned of on all targets. */
export function warned(path: string, reason: string, harmless?: Row["harmless"]): Row {
  return { ...everywhere(path, { status: "warned", reason }), ...(harmless ? { harmless } : {}) };
}

/** Refused on all targets. */
export function refused(path: string, reason: string, mend: string, harmless?: Row["harmless"]): Row {
  return { ...everywhere(path, { status: "refused", reason, mend }), ...(harmless ? { harmless } : {}) };
}

/** The same for a field and those inside it: `["services.*.gpus", "services.*.gpus.count", ...]`. */
export function all(row: Row, inside: readonly string[]): Row[] {
  return [row, ...inside.map((name) => ({ ...row, path: `${row.path}.${name}` }))];
}

/** The values that are mapped although the field as such is not. */
export function only(...values: readonly (string | number | boolean)[]): NonNullable<Row["harmless"]> {
  return { says: values.join(", "), test: (value) => values.includes(value as string) };
}

function everywhere(path: string, support: Support): Row {
  return { path, support: { docker: support, gcp: support, aws: support } };
}
