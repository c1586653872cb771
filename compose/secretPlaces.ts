import type { Canonical, Raw } from "./canonical.ts";
import { variablesIn, writtenValues } from "./environment.ts";
import type { Path } from "./path.ts";
import type { Report } from "./report.ts";
import { secretsIn, variablesOf } from "./secretText.ts";

const secretName =
  /(^|_)(\w*password|passwd|pw|secrets?|tokens?|((api|private|access|signing|encryption)_?)?key|credentials?)(_|$)/i;
/** Front ends are built with keys that everybody sees. */
const publicName = /(^|_)PUBLIC(_|$)|^(VITE|REACT_APP)_/i;

/** Whether a variable is a secret by its name. */
export function looksSecret(name: string): boolean {
  return secretName.test(name) && !publicName.test(name);
}

/** Reports secret variables in fields that everybody can read; in variables and file contents they are kept secret. */
export function checkSecretPlaces(canonical: Canonical, report: Report): void {
  walk(canonical, [], report);
}

/**
 * Warns of variables of `.env` that by their names are secrets, in fields that everybody can read. Not refused, as ports and tags come from
 * there too, and a name may mislead.
 */
export function warnOfPrivateVariables(
  canonical: Canonical,
  raw: Raw,
  privateNames: ReadonlySet<string>,
  report: Report,
): void {
  const check = (path: Path, written: unknown, resolved: unknown, variables = variablesOf(textOf(written))) => {
    // What retrofit:secrets gives as well is no longer that of the file.
    const kept = secretsIn(textOf(resolved));
    const names = [...new Set(variables)].filter(
      (name) => privateNames.has(name) && looksSecret(name) && !kept.includes(name),
    );
    if (names.length === 0) return;
    const mend = mendOf(path).replace(/^./, (first) => first.toLowerCase());
    report.warn(path, `uses ${names.join(", ")}, by the name a secret, which is readable there: ${mend}`);
  };
  for (const [name, service] of Object.entries(canonical.services ?? {})) {
    const written = raw.services?.[name];
    for (const field of ["command", "entrypoint", "healthcheck", "labels"] as const) {
      check(["services", name, field], written?.[field], service[field]);
    }
    // Of those without a value Compose leaves nothing where it replaces no variables.
    const args = writtenValues(written?.build?.args);
    const variables = Object.keys(service.build?.args ?? {}).flatMap((arg) => variablesIn([arg, args.get(arg)]));
    check(["services", name, "build", "args"], undefined, service.build?.args, variables);
  }
  for (const [name, { content }] of Object.entries(canonical.configs ?? {})) {
    check(["configs", name, "content"], raw.configs?.[name]?.content, content);
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value ?? "");
}

function walk(value: unknown, path: Path, report: Report): void {
  if (typeof value === "string") {
    const names = secretsIn(value);
    if (names.length > 0 && !mayBeSecret(path)) {
      report.problem(path, `uses the secret ${names.join(", ")}, which would be readable there`, mendOf(path));
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      walk(inner, [...path, Array.isArray(value) ? Number(key) : key], report);
  }
}

function mayBeSecret(path: Path): boolean {
  const [top, , field, inner] = path;
  if (String(top).startsWith("x-")) return true;
  // Build arguments have a message of their own.
  if (top === "services") return field === "environment" || (field === "build" && inner === "args");
  return top === "configs" && field === "content";
}

function mendOf(path: Path): string {
  if (path[0] === "configs" && path[2] === "content")
    return "Give it under retrofit:secrets, and the whole file is kept secret";
  if (path[2] === "build" && path[3] === "args")
    return "Hand it over under build.secrets and mount it in the RUN step that needs it";
  const run = path[2] === "command" || path[2] === "entrypoint" || path[2] === "healthcheck";
  return run
    ? "Hand it over under environment, and let a shell in the container put it in, written as $$NAME"
    : "Use a variable that is not secret";
}
