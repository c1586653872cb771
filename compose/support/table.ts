import type { Canonical, Raw } from "../canonical.ts";
import type { Path } from "../path.ts";
import type { Reading } from "../reading.ts";
import { buildRows } from "./build.ts";
import { limitRows } from "./limits.ts";
import { extensionRows, projectRows } from "./project.ts";
import type { Platform, Row } from "./row.ts";
import { serviceRows } from "./service.ts";

/** One row for every field of the Compose specification, and of the extension. */
export const supportTable: readonly Row[] = [
  ...projectRows,
  ...serviceRows,
  ...buildRows,
  ...limitRows,
  ...extensionRows,
];

/** As messages and the page name them. */
export const platformNames: Readonly<Record<Platform, string>> = {
  docker: "docker",
  gcp: "gcp",
  fargate: "aws (Fargate)",
  ec2: "aws (EC2)",
};

interface Branch {
  row?: Row;
  readonly inside: Map<string, Branch>;
}

interface Walk {
  readonly reading: Reading;
  /** Services that are active. */
  readonly services: ReadonlySet<string>;
}

const root = toTree(supportTable);

/** Reports every field of the file that its target refuses or maps with a difference; the outermost only where several are nested. */
export function checkSupport(canonical: Canonical, raw: Raw, reading: Reading): void {
  const services = new Set(Object.keys(canonical.services ?? {}));
  walk(withLost(canonical, raw), root, [], { reading, services });
}

/** Some fields get lost on Compose's way to the canonical form; its uninterpolated output still has them. */
function withLost(canonical: Canonical, raw: Raw): Record<string, unknown> {
  const whole: Record<string, unknown> = { ...canonical, ...("models" in raw ? { models: raw.models } : {}) };
  for (const section of ["services", "networks", "volumes", "secrets", "configs"] as const) {
    whole[section] = Object.fromEntries(
      Object.entries(canonical[section] ?? {}).map(([name, fields]) => [name, filled(fields, raw[section]?.[name])]),
    );
  }
  return whole;
}

function filled(value: unknown, written: unknown): unknown {
  if (!isRecord(written) || !(value === null || isRecord(value))) return value ?? written;
  const fields: Record<string, unknown> = { ...value };
  for (const [name, inner] of Object.entries(written)) {
    // A variable's value is in the canonical form, unless it is one of those that mean nothing.
    if (fields[name] === undefined && typeof inner === "string" && inner.includes("$")) continue;
    fields[name] = filled(fields[name] ?? null, inner);
  }
  return fields;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function walk(value: unknown, branch: Branch, path: Path, context: Walk): void {
  const { row, inside } = branch;
  if (row && judged(row, value, path, context)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item === "object") walk(item, { inside }, [...path, index], context);
    }
  } else if (typeof value === "object" && value !== null && inside.size > 0) {
    for (const [name, inner] of Object.entries(value)) {
      if (isEmpty(inner) || (name.startsWith("x-") && !inside.has("*"))) continue;
      const next = inside.get(name) ?? inside.get("*");
      if (next) walk(inner, next, [...path, name], context);
      else context.reading.report.problem([...path, name], "is a field that this version does not know", "Remove it");
    }
  }
}

/** Whether the field is dealt with, so that what is inside it needs no look. */
function judged({ support }: Row, value: unknown, path: Path, { reading, services }: Walk): boolean {
  const { target, launchType = "fargate", report } = reading;
  const platform = target === "aws" ? launchType : target;
  const verdict = support[platform];
  if (verdict.status === "mapped") return false;
  if (
    verdict.harmless
      ? verdict.harmless.test(value, { path, services, written: () => report.written(path) })
      : !value || value === "false"
  )
    return false;
  if (verdict.status === "warned") report.warn(path, verdict.reason);
  else report.problem(path, `cannot be deployed to ${platformNames[platform]}: ${verdict.reason}`, verdict.mend);
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function toTree(rows: readonly Row[]): Branch {
  const tree: Branch = { inside: new Map() };
  for (const row of rows) {
    let branch = tree;
    for (const step of row.path.split(".")) {
      const next: Branch = branch.inside.get(step) ?? { inside: new Map() };
      branch.inside.set(step, next);
      branch = next;
    }
    branch.row = row;
  }
  return tree;
}
