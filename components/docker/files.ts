import { dirname } from "node:path";
import type * as docker from "@pulumi/docker";
import type { File, Service } from "../../compose/model.ts";
import { type Secrets, textOutput } from "../text.ts";

/**
 * The folders of a service's files that its own container cannot take them into: its root is read-only, or a tmpfs would
 * hide what was put there before the start.
 */
export function closedFolders({ files, mounts, readOnly }: Service): string[] {
  const hidden = (path: string) =>
    mounts.some(({ kind, target }) => kind === "tmpfs" && path.startsWith(`${target.replace(/\/$/, "")}/`));
  const folders = files.map(({ target }) => target).filter((path) => readOnly || hidden(path));
  return [...new Set(folders.map((path) => dirname(path)))].sort();
}

/** Compose secrets and configs as what a container is given before its start. */
export function uploads(files: readonly File[], secrets: Secrets): docker.types.input.ContainerUpload[] {
  return files.map((file) => ({
    file: file.target,
    content: textOutput(file.content, secrets),
    permissions: file.mode.toString(8).padStart(4, "0"),
    owner: file.uid?.toString(),
    group: file.gid?.toString(),
  }));
}
