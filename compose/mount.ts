import { basename, extname } from "node:path";
import type { CanonicalMount, CanonicalService } from "./canonical.ts";
import type { Mount } from "./model.ts";
import type { Path } from "./path.ts";
import type { Reading } from "./reading.ts";
import { toBytes } from "./units.ts";

const DOCKER_SOCKETS = ["/var/run/docker.sock", "/run/docker.sock"];

/** A service's mounts, its `tmpfs` among them. Volumes without a name get one: {@link anonymousVolume}. */
export function toMounts(service: string, { volumes = [], tmpfs = [] }: CanonicalService, reading: Reading): Mount[] {
  return [
    ...volumes.map((mount, index) => toMount(service, mount, ["services", service, "volumes", index], reading)),
    ...tmpfs.map((line, index) => toTmpfs(line, ["services", service, "tmpfs", index], reading)),
  ].filter((mount) => mount !== undefined);
}

/** Name of the volume at a path for which the compose file gives none. It lives as long as the stack, as Compose keeps it over releases. */
function anonymousVolume(service: string, target: string): string {
  const slug = target
    .replaceAll("-", "--")
    .replaceAll("/", "-")
    .replaceAll(/[^\w.-]/g, (other) => `_${other.codePointAt(0)}`);
  return `${service}-anonymous${slug}`;
}

function toMount(service: string, mount: CanonicalMount, path: Path, reading: Reading): Mount | undefined {
  const { type, source, target, read_only: readOnly = false } = mount;
  if (!target.startsWith("/")) {
    reading.report.problem(
      path,
      `mounts ${target}, which is not an absolute path`,
      "Give the path in the container from its root",
    );
    return undefined;
  }
  switch (type) {
    case "volume":
      return {
        kind: "volume",
        volume: source ?? anonymousVolume(service, target),
        target,
        readOnly,
        noCopy: mount.volume?.nocopy ?? false,
      };
    case "bind":
      return toBind(service, mount, path, reading);
    case "tmpfs": {
      const { size, mode } = mount.tmpfs ?? {};
      const bytes = size === undefined ? undefined : toBytes(size);
      return { kind: "tmpfs", target, ...(bytes ? { size: bytes } : {}), ...(mode === undefined ? {} : { mode }) };
    }
    default:
      // Other types are refused by the support table.
      return undefined;
  }
}

function toBind(service: string, mount: CanonicalMount, path: Path, reading: Reading): Mount {
  const { source = "", target, bind } = mount;
  const { report, extension, target: cloudOrDocker } = reading;
  const kind = reading.kindOf(source);
  const createHostPath = bind?.create_host_path ?? false;
  const said = extension.services?.[service]?.binds?.[target];
  const isCopied = said === "copy" && cloudOrDocker !== "docker";
  const readOnly = isCopied || (mount.read_only ?? false);
  const cloud = said === "copy" ? undefined : said;
  if (DOCKER_SOCKETS.includes(source)) {
    const reason = "hands the container control over the Docker engine, and with it over the machine";
    if (cloudOrDocker === "docker") report.warn(path, reason);
    else report.problem(path, reason, "Remove it: there is no engine for the app on this target");
  } else if (kind === "absent" && (!createHostPath || readOnly || looksLikeFile(target))) {
    report.problem(path, `mounts ${source}, which does not exist`, "Make it, or correct the path");
  } else if (cloudOrDocker !== "docker" && !readOnly && cloud === undefined) {
    report.problem(
      path,
      `is a writable bind of ${source}, which the cloud's machine does not have`,
      `Say in retrofit:services.${service}.binds what becomes of ${target}: "disk" to keep it, "copy" to take its content along, read-only, "drop" to leave it out`,
    );
  } else if (cloudOrDocker !== "docker" && cloud === "disk" && kind === "file") {
    report.problem(path, "is a single file, which no volume can be", "Keep its folder");
  } else if (cloudOrDocker !== "docker" && cloud === undefined && kind === "other") {
    report.problem(path, `mounts ${source}, which is neither a file nor a folder`, "Correct the path");
  }
  return { kind: "bind", source, target, readOnly, createHostPath, ...(cloud === undefined ? {} : { cloud }) };
}

/** Docker would make a folder of that name, and the app fail at reading it. */
function looksLikeFile(target: string): boolean {
  return extname(basename(target)) !== "";
}

/** `/run:size=64m,mode=1777`; options that are the engine's defaults for a tmpfs may be written out. */
function toTmpfs(line: string, path: Path, { report }: Reading): Mount | undefined {
  const [target = "", options = ""] = line.split(":", 2);
  if (!target.startsWith("/")) {
    report.problem(
      path,
      `mounts ${target}, which is not an absolute path`,
      "Give the path in the container from its root",
    );
    return undefined;
  }
  let size: number | undefined;
  let mode: number | undefined;
  for (const option of options.split(",").filter(Boolean)) {
    const [key, value = ""] = option.split("=", 2);
    if (key === "size" && toBytes(value) !== undefined) size = toBytes(value);
    else if (key === "mode" && /^[0-7]{3,4}$/.test(value)) mode = Number.parseInt(value, 8);
    else if (!["rw", "noexec", "nosuid", "nodev"].includes(option)) {
      report.problem(path, `has the option ${option}, which cannot be carried over`, "Use size and mode only");
    }
  }
  return { kind: "tmpfs", target, ...(size === undefined ? {} : { size }), ...(mode === undefined ? {} : { mode }) };
}
