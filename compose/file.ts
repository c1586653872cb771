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
  for (const owner of ["uid", "gid"] as const) {
    if (use[owner] !== undefined && !/^\d+$/.test(use[owner])) {
      reading.report.problem([...path, owner], `is ${use[owner]}`, "Give a number");
    }
  }
  return {
    name: source,
    kind,
    target: absoluteTarget(kind, use),
    content,
    ...(use.uid === undefined ? {} : { uid: Number(use.uid) }),
    ...(use.gid === undefined ? {} : { gid: Number(use.gid) }),
    mode: mode === undefined ? 0o444 : Number.parseInt(mode, 8),
  };
}

function absoluteTarget(kind: File["kind"], { source, target = source }: CanonicalFileUse): string {
  if (target.startsWith("/")) return target;
  return kind === "secret" ? `/run/secrets/${target}` : `/${target}`;
}
