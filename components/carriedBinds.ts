import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { App, Mount, Service } from "../compose/model.ts";
import type { Problem } from "../userError.ts";
import { slug } from "./names.ts";
import { isSecretFile } from "./secretFiles.ts";

export type Bind = Extract<Mount, { kind: "bind" }>;

/** A file of this machine that is put into a container on a cloud. */
export interface CarriedFile {
  readonly content: Buffer;
  /** Whether it is to be kept like a password. */
  readonly secret: boolean;
  /** Owner and permissions differ from machine to machine; of the mode only whether it is a program is carried. */
  readonly mode: number;
}

/** What is at a path of this machine that is bound read-only, on a cloud that has none of this machine's files. */
export type CarriedBind =
  | { readonly kind: "file"; readonly file: CarriedFile }
  /** By their path in the folder, sorted: what is to be in no image. */
  | { readonly kind: "folder"; readonly secrets: ReadonlyMap<string, CarriedFile> };

/** What a cloud's containers are to have of this machine, by path on it. */
export type CarriedBinds = ReadonlyMap<string, CarriedBind>;

/** Bytes that a file with a private key has at most: larger ones are not looked into. */
const longestKey = 1 << 16;

/** Reads what the app's binds name, but for those that the cloud keeps or leaves out. */
export function readBinds(app: App): CarriedBinds {
  const carried = bindsOf(app).filter(({ mount }) => mount.cloud === undefined);
  return new Map(
    carried.map(({ mount: { source } }): [string, CarriedBind] => [
      source,
      statSync(source).isDirectory()
        ? { kind: "folder", secrets: secretsIn(source) }
        : { kind: "file", file: readCarried(source) },
    ]),
  );
}

/** Two bound paths that would have one name on the cloud, and so one content. */
export function sharedNames(app: App, binds: CarriedBinds): Problem[] {
  const kept = bindsOf(app).flatMap(({ mount: { cloud, source } }) => (cloud === "disk" ? [source] : []));
  const folders = [...binds].flatMap(([source, { kind }]) => (kind === "folder" ? [source] : []));
  const secrets = secretFilesOf(binds).map(([path]) => path);
  return [
    // The image that a folder becomes is named with fewer characters.
    ...Map.groupBy(new Set([...kept, ...folders]), (path) => slug(bindVolume(app, path))),
    ...Map.groupBy(new Set(secrets), (path) => bindKey(app, path)),
  ].flatMap(([name, [first, second]]) =>
    first === undefined || second === undefined
      ? []
      : [
          {
            where: app.file,
            what: `binds ${first} and ${second}, which would both be ${name}`,
            mend: "Rename one of them",
          },
        ],
  );
}

/** Every file that is to be kept like a password, with its path on this machine. */
export function secretFilesOf(binds: CarriedBinds): [string, CarriedFile][] {
  return [...binds].flatMap(([source, bind]): [string, CarriedFile][] => {
    if (bind.kind === "file") return bind.file.secret ? [[source, bind.file]] : [];
    return [...bind.secrets].map(([path, file]) => [join(source, path), file]);
  });
}

/**
 * Whether nothing at all stands for a bind that the cloud leaves out: no volume is a single file; and where nothing is to be written, what
 * the image has there is seen without a volume.
 */
export function isGone({ cloud, source, readOnly }: Bind): boolean {
  return cloud === "drop" && (readOnly || statSync(source, { throwIfNoEntry: false })?.isFile() === true);
}

/** Name of the volume that a folder which the cloud keeps becomes; one folder is one volume for all services. */
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

function secretsIn(folder: string): Map<string, CarriedFile> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return new Map(
    paths.flatMap((path): [string, CarriedFile][] => {
      const place = join(folder, path);
      const stat = statSync(place, { throwIfNoEntry: false });
      if (!stat?.isFile() || (stat.size > longestKey && !isSecretFile(place, stat.mode))) return [];
      const file = readCarried(place);
      return file.secret ? [[path, file]] : [];
    }),
  );
}

function readCarried(path: string): CarriedFile {
  const content = readFileSync(path);
  const { mode } = statSync(path);
  // There is nothing to keep in an empty one, and Secret Manager keeps none.
  const secret = content.length > 0 && isSecretFile(path, mode, content);
  return { content, secret, mode: (mode & 0o100) === 0 ? 0o444 : 0o555 };
}
