import type { RawService } from "./canonical.ts";
import type { Service, Text } from "./model.ts";
import type { Path } from "./path.ts";
import type { Reading } from "./reading.ts";
import { toText, variablesOf } from "./secretText.ts";

/**
 * A service's variables. Secret is what comes from an `env_file`, from a secret variable or from `.env`; what the file states itself is
 * public.
 */
export function toEnvironment(
  service: string,
  values: Readonly<Record<string, string | null>>,
  reading: Reading,
): Service["environment"] {
  const path: Path = ["services", service, "environment"];
  const written = writtenValues(reading.raw.services?.[service]?.environment);
  const environment: Record<string, Text> = {};
  if (Object.entries(values).some(([name, value]) => !written.has(name) && value?.startsWith("ENC[AES256_GCM,"))) {
    reading.report.problem(
      ["services", service, "env_file"],
      "names by a variable a file that sops encrypted, so that it cannot be found to be decrypted",
      "Write its path without a variable",
    );
  }
  for (const [name, value] of Object.entries(values)) {
    if (name === "") {
      reading.report.problem(path, "has a value without a name", "Write NAME=value");
      continue;
    }
    if (value === null) {
      reading.report.warn(
        [...path, name],
        "takes its value from the surroundings, where it is not set: left out, as Compose does",
      );
      continue;
    }
    environment[name] = toText(value, reading.known, isPrivate(name, written, reading.privateNames));
  }
  for (const [name, value] of Object.entries(reading.extension.services?.[service]?.environment ?? {})) {
    environment[name] = typeof value === "string" ? toText(value, reading.known) : value;
  }
  return Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isPrivate(
  name: string,
  written: ReadonlyMap<string, string | undefined>,
  privateNames: ReadonlySet<string>,
): boolean {
  if (!written.has(name)) return true;
  return variablesIn([name, written.get(name)]).some((variable) => privateNames.has(variable));
}

/** Variables that a value comes from; without one it is that of the same name. */
export function variablesIn([name, value]: readonly [string, string | undefined]): string[] {
  return value === undefined ? [name] : variablesOf(value);
}

/** What stands under `environment` or `args`, variables not yet replaced; undefined for a name without a value. */
export function writtenValues(environment: RawService["environment"]): Map<string, string | undefined> {
  if (Array.isArray(environment)) {
    return new Map(
      environment.map((item: string) => {
        const end = item.indexOf("=");
        return end < 0 ? [item, undefined] : [item.slice(0, end), item.slice(end + 1)];
      }),
    );
  }
  return new Map(
    Object.entries(environment ?? {}).map(([name, value]) => [name, value === null ? undefined : String(value)]),
  );
}
