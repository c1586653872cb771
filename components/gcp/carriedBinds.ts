import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { App, Service } from "../../compose/model.ts";
import { type Problem, UserError } from "../../userError.ts";
import { isSecretFile } from "../secretFiles.ts";
import type { Bind } from "./containerBody.ts";

/** A file of this machine that is put into a container on the VM. */
export interface CarriedFile {
  readonly content: Buffer;
  /** Whether it is to go through the secret manager. */
  readonly secret: boolean;
  /** Owner and permissions differ from machine to machine; of the mode only whether it is a program is carried. */
  readonly mode: number;
}

/** What the binds of an app become on a VM, which has none of this machine's files. By path on this machine. */
export interface CarriedBinds {
  /** Content that is mounted as a file; also each file in a folder that is to go through the secret manager. */
  readonly files: ReadonlyMap<string, CarriedFile>;
  /** Folders whose content comes by an image of its own, with the paths in them of what does not. */
  readonly folders: ReadonlyMap<string, readonly string[]>;
}

/** Read what the app's read-only binds name. @throws UserError with every bind that a VM cannot have */
export function readBinds(app: App): CarriedBinds {
  const problems: Problem[] = [];
  const files = new Map<string, CarriedFile>();
  const folders = new Map<string, readonly string[]>();
  for (const { service, mount } of bindsOf(app)) {
    const where = `${app.file}: services.${service.name}.volumes (${mount.target})`;
    if (mount.cloud === "drop") continue;
    const stat = statSync(mount.source, { throwIfNoEntry: false });
    if (mount.cloud === "disk") {
      if (stat?.isFile()) {
        problems.push({ where, what: "a single file cannot be kept on the disk", mend: "Keep its folder" });
      }
    } else if (!mount.readOnly) {
      problems.push({
        where,
        what: `it is a writable bind of ${mount.source}, which the VM does not have`,
        mend: `Say in retrofit:services.${service.name}.binds what becomes of it: "disk" or "drop"`,
      });
    } else if (stat?.isFile()) {
      files.set(mount.source, readCarried(mount.source, stat.mode));
    } else if (stat?.isDirectory()) {
      const secret = secretFilesIn(mount.source);
      for (const [path, file] of secret) files.set(join(mount.source, path), file);
      folders.set(mount.source, [...secret.keys()]);
    } else {
      problems.push({ where, what: `${mount.source} is neither a file nor a folder`, mend: "Correct the path" });
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return { files, folders };
}

/** Name of the volume that a folder which is kept on the disk becomes; one folder is one volume for all services. */
export function bindVolume(app: App, source: string): string {
  return `bind-${relative(dirname(app.file), source).replaceAll(/[^\w.]/g, "-")}`;
}

/** Key of the secret that a carried file is. */
export function bindKey(app: App, source: string): string {
  return bindVolume(app, source);
}

export function bindsOf(app: App): { service: Service; mount: Bind }[] {
  return [...app.services.values()].flatMap((service) =>
    service.mounts.flatMap((mount) => (mount.kind === "bind" ? [{ service, mount }] : [])),
  );
}

/** By path in the folder, sorted. */
function secretFilesIn(folder: string): Map<string, CarriedFile> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return new Map(
    paths.flatMap((path): [string, CarriedFile][] => {
      const stat = statSync(join(folder, path), { throwIfNoEntry: false });
      const file = stat?.isFile() ? readCarried(join(folder, path), stat.mode) : undefined;
      return file?.secret ? [[path, file]] : [];
    }),
  );
}

function readCarried(path: string, mode: number): CarriedFile {
  const content = readFileSync(path);
  const secret = isSecretFile(path, mode, content);
  return { content, secret, mode: (mode & 0o100) === 0 ? 0o444 : 0o555 };
}
