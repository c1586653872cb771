import type { Canonical } from "./canonical.ts";
import type { Path } from "./path.ts";
import type { Report } from "./report.ts";
import { secretsIn } from "./secretText.ts";

/** Reports secret variables in fields that everybody can read; in variables and file contents they are kept secret. */
export function checkSecretPlaces(canonical: Canonical, report: Report): void {
  walk(canonical, [], report);
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
  const run = path[2] === "command" || path[2] === "entrypoint" || path[2] === "healthcheck";
  return run
    ? "Hand it over under environment, and let a shell in the container put it in, written as $$NAME"
    : "Use a variable that is not secret";
}
