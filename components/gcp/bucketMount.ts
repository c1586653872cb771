import { bucketsFolder } from "./containerBody.ts";
import { placeholder } from "./placeholder.ts";

/** How gcsfuse mounts a bucket. */
export interface BucketMount {
  /** Image with gcsfuse, by digest. */
  readonly image: string;
  /** Name of the bucket. */
  readonly bucket: string;
  /** Owner and group of all files. @default those of the user as whom `writer` runs, or root where there is none */
  readonly uid?: number;
  readonly gid?: number;
  /** gcsfuse ignores chmod. @default 0o666, so that every container that mounts it can use it, whatever its user */
  readonly fileMode?: number;
  /** @default 0o777 */
  readonly dirMode?: number;
  /** Whether the bucket has real folders. @default false */
  readonly hierarchical?: boolean;
}

/** The service that a bucket's files belong to: only the owner of a file may change its mode, which many an app does. */
export interface BucketWriter {
  readonly service: string;
  /** As the compose file says. @default the image's */
  readonly user?: string;
}

/** Objects that the rename of a folder may move, one by one, where the bucket has no real folders. */
const renameLimit = 10_000;

/** The container that mounts a bucket for others: it alone may mount, and it runs nothing else. */
export function mountBody(volume: string, mount: BucketMount, writer?: BucketWriter): object {
  const { uid, gid, fileMode = 0o666, dirMode = 0o777, hierarchical = false } = mount;
  return {
    Image: mount.image,
    Cmd: [
      "--foreground",
      "--log-severity=warning",
      "-o",
      "allow_other",
      `--uid=${uid ?? (writer ? placeholder("uid") : 0)}`,
      `--gid=${gid ?? (writer ? placeholder("gid") : 0)}`,
      `--file-mode=${octal(fileMode)}`,
      `--dir-mode=${octal(dirMode)}`,
      ...(hierarchical
        ? ["--enable-hns=true"]
        : ["--enable-hns=false", "--implicit-dirs", `--rename-dir-limit=${renameLimit}`]),
      mount.bucket,
      "/bucket/files",
    ],
    Labels: { "retrofit.instance": placeholder("instance"), "retrofit.service": `bucket.${volume}` },
    HostConfig: {
      // Of no release: it outlives them.
      NetworkMode: "bridge",
      RestartPolicy: { Name: "no" },
      Mounts: [
        {
          Type: "bind",
          Source: `${bucketsFolder}/${volume}`,
          Target: "/bucket",
          BindOptions: { Propagation: "rshared" },
        },
        // The machine's authorities, so that what it trusts the mount trusts.
        { Type: "bind", Source: "/etc/ssl/certs", Target: "/etc/ssl/certs", ReadOnly: true },
      ],
      ReadonlyRootfs: true,
      Init: false,
      CapDrop: ["ALL"],
      CapAdd: ["SYS_ADMIN"],
      SecurityOpt: ["apparmor=unconfined", "no-new-privileges:true"],
      Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
    // Where gcsfuse keeps what it cannot stream.
    Volumes: { "/tmp": {} },
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
