import { posix } from "node:path";
import type { App, File, Service, Text, Volume } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import type { Report } from "../../../compose/report.ts";
import { type Bind, bindKey, bindVolume, type CarriedBinds, type CarriedFile, isGone } from "../../carriedBinds.ts";
import { fileKey } from "../../secretTexts.ts";
import { ecsName, pathVolume } from "./names.ts";

/** Where everything that a service mounts comes from. */
export interface Storage {
  /** Sorted by path. */
  readonly volumes: readonly MountedVolume[];
  /** Sorted by path. */
  readonly tmpfs: readonly { readonly path: string /** Bytes. */; readonly size?: number; readonly mode?: number }[];
  /** What becomes part of the service's image: files, and links to where its secrets will be. Sorted by path. */
  readonly layer: readonly LayerEntry[];
  /** What is written into volumes before the service starts. */
  readonly written: readonly WrittenFile[];
}

export interface MountedVolume {
  /** In the task definition. */
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** Key of the volume that outlives the task; none where it lives and dies with it. */
  readonly kept?: string;
  /** What it is filled with where it is empty. @default what the launch type does by itself: Docker fills volumes from the image */
  readonly seed?: Seed;
  /** The service whose container fills it and so has to come first, where Docker fills it. */
  readonly filledBy?: string;
}

export type Seed =
  | { readonly kind: "image"; readonly service: string; readonly path: string }
  | { readonly kind: "folder"; readonly source: string; readonly without: readonly string[] };

export type LayerEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly content: string | Buffer;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

export interface WrittenFile {
  readonly volume: string;
  /** Path in the volume. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that are no text are in base64. */
  readonly content: ({ readonly secret: string } | { readonly plain: string }) & { readonly base64: boolean };
}

/** Where Compose puts secrets, and where those wait that belong elsewhere. */
const secretsFolder = "/run/secrets";
const linkedFolder = `${secretsFolder}/.linked`;

/** What a service mounts, and where it comes from on ECS. What cannot be had is reported. */
export function storageOf(
  app: App,
  service: Service,
  { launchType, binds, report }: { launchType: LaunchType; binds: CarriedBinds; report: Report },
): Storage {
  const volumes: MountedVolume[] = [];
  const tmpfs: Storage["tmpfs"][number][] = [];
  const files: FileToPlace[] = service.files.map((file, index) => composeFile(file, index));
  for (const [index, mount] of service.mounts.entries()) {
    const field = ["volumes", index];
    if (mount.kind === "tmpfs") tmpfs.push({ path: mount.target, size: mount.size, mode: mount.mode });
    else if (mount.kind === "volume") volumes.push(...volumeMount(app, service, mount, launchType));
    else {
      const carried = binds.get(mount.source);
      if (mount.cloud !== undefined) volumes.push(...keptOrScratch(app, service, mount, launchType));
      else if (carried?.kind === "file")
        files.push({ ...boundFile(app, mount.source, carried.file), path: mount.target, field });
      else if (carried?.kind === "folder") {
        const { source, target } = mount;
        const seed = { kind: "folder", source, without: [...carried.secrets.keys()] } as const;
        volumes.push({ name: pathVolume(service.name, target), path: target, readOnly: true, seed });
        for (const [path, file] of carried.secrets) {
          files.push({ ...boundFile(app, posix.join(source, path), file), path: posix.join(target, path), field });
        }
      }
    }
  }
  return { tmpfs: byPath(tmpfs), ...placed(service, volumes, tmpfs, files, report) };
}

function volumeMount(
  app: App,
  service: Service,
  mount: { volume: string; target: string; readOnly: boolean; noCopy: boolean },
  launchType: LaunchType,
): MountedVolume[] {
  const { volume: key, target: path, readOnly, noCopy } = mount;
  const { storage, imageOf } = app.volumes.get(key) as Volume;
  const name = ecsName(key);
  if (storage === "image") {
    const owner = imageOf as string;
    const fills = owner === service.name;
    if (launchType === "ec2") {
      return [{ name, path, readOnly: readOnly || !fills, ...(fills ? {} : { filledBy: owner }) }];
    }
    // Each service is a task of its own: the image's has the content anyway, and each of the others gets a copy.
    if (fills) return [];
    const seed = { kind: "image", service: owner, path: pathIn(app.services.get(owner), key) ?? path } as const;
    return [{ name: pathVolume(service.name, path), path, readOnly: true, seed }];
  }
  const fills = storage === "disk" && !readOnly && !noCopy && launchType === "fargate";
  const seed = { kind: "image", service: service.name, path } as const;
  return [{ name, path, readOnly, kept: key, ...(fills ? { seed } : {}) }];
}

/** A writable bind: kept in a file system, or gone with the task, and in both cases begun with what the image has there. */
function keptOrScratch(app: App, service: Service, mount: Bind, launchType: LaunchType): MountedVolume[] {
  const { cloud, source, target: path, readOnly } = mount;
  if (isGone(mount)) return [];
  const seed = { kind: "image", service: service.name, path } as const;
  const filled = launchType === "fargate" && !readOnly ? { seed } : {};
  if (cloud === "drop") return [{ name: pathVolume(service.name, path), path, readOnly: false, ...filled }];
  const kept = bindVolume(app, source);
  return [{ name: ecsName(kept), path, readOnly, kept, ...filled }];
}

function pathIn(service: Service | undefined, volume: string): string | undefined {
  const mount = service?.mounts.find((each) => each.kind === "volume" && each.volume === volume && !each.readOnly);
  return mount?.target;
}

interface FileToPlace extends Pick<WrittenFile, "mode" | "uid" | "gid"> {
  readonly path: string;
  readonly content: WrittenFile["content"] | { readonly bytes: string | Buffer };
  /** Where it stands in the service. */
  readonly field: readonly (string | number)[];
}

function composeFile({ kind, name, target, content, uid = 0, gid = 0, mode }: File, index: number): FileToPlace {
  return {
    path: target,
    uid,
    gid,
    mode,
    content: isSecret(content) ? { secret: fileKey(kind, name), base64: false } : { bytes: content },
    field: [`${kind}s`, index],
  };
}

function isSecret(text: Text): text is Exclude<Text, string> {
  return typeof text !== "string";
}

function boundFile(
  app: App,
  source: string,
  { content, secret, mode }: CarriedFile,
): Omit<FileToPlace, "path" | "field"> {
  return {
    uid: 0,
    gid: 0,
    mode,
    content: secret ? { secret: bindKey(app, source), base64: !isText(content) } : { bytes: content },
  };
}

/** Secrets Manager's secrets, and environment variables, are text. */
export function isText(content: Buffer): boolean {
  return Buffer.from(content.toString("utf8"), "utf8").equals(content) && !content.includes(0);
}

function asText(bytes: string | Buffer): { readonly plain: string; readonly base64: boolean } {
  const base64 = !isText(Buffer.from(bytes));
  return { plain: base64 ? Buffer.from(bytes).toString("base64") : bytes.toString(), base64 };
}

/** Files in the volume that covers their path; else in the image, and secrets in a volume of their own. */
function placed(
  service: Service,
  mounted: readonly MountedVolume[],
  tmpfs: Storage["tmpfs"],
  files: readonly FileToPlace[],
  report: Report,
): Pick<Storage, "volumes" | "layer" | "written"> {
  const volumes = [...mounted];
  const layer: LayerEntry[] = [];
  const written: WrittenFile[] = [];
  const secretsVolume = pathVolume(service.name, "/secrets");
  const write = (volume: string, path: string, { mode, uid, gid, content }: FileToPlace) => {
    written.push({ volume, path, mode, uid, gid, content: "bytes" in content ? asText(content.bytes) : content });
  };
  for (const file of files) {
    const { path, content, mode, uid, gid } = file;
    const secret = !("bytes" in content);
    const inSecrets = path.startsWith(`${secretsFolder}/`);
    const cover = deepest([...mounted, ...tmpfs].filter((mount) => path.startsWith(`${mount.path}/`)));
    if (cover !== undefined && "name" in cover) write(cover.name, posix.relative(cover.path, path), file);
    else if (inSecrets) write(secretsVolume, posix.relative(secretsFolder, path), file);
    else if (cover !== undefined) {
      report.problem(
        ["services", service.name, ...file.field],
        `is put into ${cover.path}, which is a tmpfs and begins empty on ECS`,
        "Give it another target",
      );
    } else if (secret) {
      const target = `${linkedFolder}${path}`;
      layer.push({ kind: "link", path, target });
      write(secretsVolume, posix.relative(secretsFolder, target), file);
    } else layer.push({ kind: "file", path, content: content.bytes, mode, uid, gid });
  }
  if (written.some(({ volume }) => volume === secretsVolume)) {
    volumes.push({ name: secretsVolume, path: secretsFolder, readOnly: true });
  }
  return { volumes: byPath(volumes), layer: byPath(layer), written };
}

function deepest<T extends { readonly path: string }>(mounts: readonly T[]): T | undefined {
  return mounts.toSorted((a, b) => b.path.length - a.path.length)[0];
}

function byPath<T extends { readonly path: string }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
