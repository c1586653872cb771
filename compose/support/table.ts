import type { Canonical, Raw } from "../canonical.ts";
import type { Path } from "../path.ts";
import type { Reading } from "../reading.ts";
import { buildRows } from "./build.ts";
import { limitRows } from "./limits.ts";
import { extensionRows, projectRows } from "./project.ts";
import type { Row } from "./row.ts";
import { serviceRows } from "./service.ts";

/** One row for every field of the Compose specification, and of the extension. */
export const supportTable: readonly Row[] = [
  ...projectRows,
  ...serviceRows,
  ...buildRows,
  ...limitRows,
  ...extensionRows,
];

interface Branch {
  row?: Row;
  readonly inside: Map<string, Branch>;
}

const root = toTree(supportTable);

/** Reports every field of the file that its target refuses or maps with a difference; the outermost only where several are nested. */
export function checkSupport(canonical: Canonical, raw: Raw, reading: Reading): void {
  walk(withDropped(canonical, raw), root, [], reading);
}

/** Compose's JSON leaves out a few fields, which its uninterpolated output still has. */
function withDropped(canonical: Canonical, raw: Raw): Record<string, unknown> {
  const services = Object.entries(canonical.services ?? {}).map(([name, service]) => [
    name,
    { ...raw.services?.[name], ...withoutNulls(service) },
  ]);
  return { ...canonical, ...("models" in raw ? { models: raw.models } : {}), services: Object.fromEntries(services) };
}

function walk(value: unknown, branch: Branch, path: Path, reading: Reading): void {
  const { row, inside } = branch;
  if (row && judged(row, value, path, reading)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item === "object") walk(item, { inside }, [...path, index], reading);
    }
  } else if (typeof value === "object" && value !== null && inside.size > 0) {
    for (const [name, inner] of Object.entries(value)) {
      if (isEmpty(inner) || (name.startsWith("x-") && !inside.has("*"))) continue;
      const next = inside.get(name) ?? inside.get("*");
      if (next) walk(inner, next, [...path, name], reading);
      else reading.report.problem([...path, name], "is a field that this version does not know", "Remove it");
    }
  }
}

/** Whether the field is dealt with, so that what is inside it needs no look. */
function judged({ support, harmless }: Row, value: unknown, path: Path, { target, report }: Reading): boolean {
  const verdict = support[target];
  if (verdict.status === "mapped") return false;
  if (harmless ? harmless.test(value) : !value) return false;
  if (impliedByLink(path, report)) return true;
  if (verdict.status === "warned") report.warn(path, verdict.reason);
  else report.problem(path, `cannot be deployed to ${target}: ${verdict.reason}`, verdict.mend);
  return true;
}

/** Compose itself adds `restart: true` to the dependency that a link makes. */
function impliedByLink(path: Path, report: Reading["report"]): boolean {
  return path.at(-1) === "restart" && path.at(-3) === "depends_on" && !report.written(path);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function withoutNulls(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
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
