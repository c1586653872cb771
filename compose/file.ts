import type { CanonicalFileUse } from "./canonical.ts";
import type { File } from "./model.ts";
import type { Reading } from "./reading.ts";

/** Compose secrets and configs of a service, as files in its container. */
export function toFiles(
  service: string,
  uses: { readonly secrets?: readonly CanonicalFileUse[]; readonly configs?: readonly CanonicalFileUse[] },
  reading: Reading,
): File[] {
  return [
    ...(uses.secrets ?? []).map((use, index) => toFile("secret", service, use, index, reading)),
    ...(uses.configs ?? []).map((use, index) => toFile("config", service, use, index, reading)),
  ].filter((file) => file !== undefined);
}

function toFile(
  kind: File["kind"],
  service: string,
  use: CanonicalFileUse,
  index: number,
  reading: Reading,
): File | undefined {
  const path = ["services", service, `${kind}s`, index];
  const { source, mode } = use;
  const content = reading.contents.get(`${kind}s.${source}`);
  if (content === undefined) return undefined;
  const uid = toId(use.uid);
  const gid = toId(use.gid);
  if (uid === undefined || gid === undefined) {
    reading.report.problem(path, "names its owner by other than a number", "Give uid and gid as numbers");
    return undefined;
  }
  return {
    name: source,
    kind,
    target: absoluteTarget(kind, use),
    content,
    ...(uid === "" ? {} : { uid }),
    ...(gid === "" ? {} : { gid }),
    mode: mode === undefined ? 0o444 : Number.parseInt(mode, 8),
  };
}

function absoluteTarget(kind: File["kind"], { source, target = source }: CanonicalFileUse): string {
  if (target.startsWith("/")) return target;
  return kind === "secret" ? `/run/secrets/${target}` : `/${target}`;
}

/** A number, "" where the file gives none, undefined where it gives something else. */
function toId(id: string | undefined): number | "" | undefined {
  if (id === undefined) return "";
  return /^\d+$/.test(id) ? Number(id) : undefined;
}
