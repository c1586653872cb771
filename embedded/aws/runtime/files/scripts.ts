/** What is done to a file system's volume, which is at /fs: its files in /fs/files, access points in /fs/access. */
import type { FileSystemMount } from "../model.ts";

/** Makes the folder where it is not there and may be made. One that is there keeps its owner and permissions. */
export function ensureScript({ path, creation }: Pick<FileSystemMount, "path" | "creation">): string {
  const folder = quote(`/fs/files/${path}`);
  const make = creation
    ? `{ mkdir -p ${folder} && chown ${creation.uid}:${creation.gid} ${folder} && chmod ${creation.permissions} ${folder}; }`
    : "{ echo no such folder; exit 1; }";
  return `mkdir -p /fs/files && { [ -d ${folder} ] || ${make}; }`;
}

/** Serves the folder as /fs/access/<name>, until it is unmounted. */
export function accessScript(name: string, { path, posixUser }: FileSystemMount): string {
  const { uid, gid, secondaryGids } = posixUser ?? { uid: 0, gid: 0, secondaryGids: [] };
  const groups = secondaryGids.length > 0 ? `--groups ${secondaryGids.join(",")}` : "--clear-groups";
  const at = `/fs/access/${name}`;
  // Bound first: the folders above it need not let the user through. fusermount wants users by name.
  return `set -eu
${unmountScript(name)}
mkdir -p ${at} /served
chown ${uid}:${gid} ${at}
mount --bind ${quote(`/fs/files/${path}`)} /served
echo 'access:x:${uid}:${gid}::/:/bin/sh' > /etc/passwd
chmod 666 /dev/fuse
exec setpriv --reuid ${uid} --regid ${gid} ${groups} access-point -f -o allow_other,modules=subdir,subdir=/served ${at}
`;
}

/** Waits until it is served. */
export function readyScript(name: string): string {
  return `timeout 60 sh -c 'until grep -q " /fs/access/${name} fuse" /proc/mounts; do sleep 0.05; done'`;
}

/** Also of a process that has died: its mount stays, and answers nobody. @param name or `*` */
export function unmountScript(name: string): string {
  return `for at in $(grep -o ' /fs/access/[^ ]*' /proc/mounts); do case $at in /fs/access/${name}) umount -l $at;; esac; done`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
