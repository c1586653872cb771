import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { App, Mount, Service } from "../../compose/model.ts";
import type { Report } from "../../compose/report.ts";
import { isSecretFile } from "../secretFiles.ts";

export type Bind = Extract<Mount, { kind: "bind" }>;

/** What is at a path of this machine that a service binds. ECS has none of this machine's files. */
export type CarriedBind =
  | CarriedFile
  | {
      readonly kind: "folder" /** Those not to be in any image. */;
      readonly secrets: ReadonlyMap<string, CarriedFile>;
    };

export interface CarriedFile {
  readonly kind: "file";
  readonly content: Buffer;
  /** Whether it goes through Secrets Manager. */
  readonly secret: boolean;
  /** Owner and permissions differ from machine to machine; of the mode only whether it is a program is carried. */
  readonly mode: number;
}

/** Bytes that a file with a private key has at most: larger ones are not looked into. */
const longestKey = 1 << 16;

const leftOut: CarriedFile = { kind: "file", content: Buffer.alloc(0), secret: false, mode: 0o444 };

/** What the app's binds name, by path on this machine; what ECS cannot have is reported. */
export function readBinds(app: App, report: Report): Map<string, CarriedBind> {
  const binds = new Map<string, CarriedBind>();
  for (const { service, mount, index } of bindsOf(app)) {
    const path = ["services", service.name, "volumes", index];
    const stat = statSync(mount.source, { throwIfNoEntry: false });
    if (mount.cloud === "disk" && stat?.isFile()) {
      report.problem(path, "is a single file, which no volume can be", "Keep its folder");
    } else if (mount.cloud === undefined && !mount.readOnly) {
      report.problem(
        path,
        `is a writable bind of ${mount.source}, which ECS does not have`,
        `Say in retrofit:services.${service.name}.binds what becomes of ${mount.target}: "disk" to keep it, "copy" to take its content along, read-only, "drop" to leave it out`,
      );
    } else if (mount.cloud !== undefined) {
      // Nothing of what is kept or left out is carried: what it is is all that counts, unless another service has it carried.
      if (!binds.has(mount.source) && stat?.isFile()) binds.set(mount.source, leftOut);
    } else if (stat?.isFile()) {
      binds.set(mount.source, readCarried(mount.source));
    } else if (stat?.isDirectory()) {
      binds.set(mount.source, { kind: "folder", secrets: secretsIn(mount.source) });
    } else {
      report.problem(path, `mounts ${mount.source}, which is neither a file nor a folder`, "Correct the path");
    }
  }
  return binds;
}

/** The binds of an app, each with its number among the service's mounts. */
export function bindsOf(app: App): { service: Service; mount: Bind; index: number }[] {
  return [...app.services.values()].flatMap((service) =>
    service.mounts.flatMap((mount, index) => (mount.kind === "bind" ? [{ service, mount, index }] : [])),
  );
}

function readCarried(path: string): CarriedFile {
  const content = readFileSync(path);
  const { mode } = statSync(path);
  return {
    kind: "file",
    content,
    secret: isSecretFile(path, mode, content),
    mode: (mode & 0o100) === 0 ? 0o444 : 0o555,
  };
}

function secretsIn(folder: string): Map<string, CarriedFile> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= longestKey)
    .map((path) => [relative(folder, path), readCarried(path)] as const);
  return new Map(files.filter(([, { secret }]) => secret).sort(([a], [b]) => (a < b ? -1 : 1)));
}
