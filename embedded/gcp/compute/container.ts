import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { Machine } from "../store.ts";
import type { Bridge } from "./network.ts";

/**
 * Capabilities that a machine does without, because not every engine has them to give: older ones fail unless they are told
 * so, newer ones, where they have them not, when they are.
 */
export const unavailable = ["SYS_RESOURCE"] as const;

/**
 * The container that is a machine, with the flags under which systemd and a Docker engine work inside.
 * @param disks folder of the disks' files
 * @param dropped capabilities that it does not get
 */
export function machineContainer(
  image: string,
  machine: Machine,
  bridge: Bridge,
  disks: string,
  dropped: readonly string[],
): ContainerCreateOptions {
  return {
    name: machine.container,
    Image: image,
    // Systemd 257 runs on control groups of the first version only when told to.
    Cmd: ["SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"],
    HostConfig: {
      CapAdd: ["ALL"],
      CapDrop: [...dropped],
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
      // What the command line calls systempaths=unconfined.
      MaskedPaths: [],
      ReadonlyPaths: [],
      DeviceCgroupRules: ["a *:* rwm"],
      Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
      CgroupnsMode: "private",
      ReadonlyRootfs: true,
      Tmpfs: { "/run": "exec,mode=755", "/run/lock": "" },
      Binds: [`${machine.volume}:/mnt/stateful_partition`, `${disks}:/usr/libexec/machine/disks`],
      NetworkMode: bridge.name,
      LogConfig: { Type: "json-file", Config: { "max-size": "5m" } },
    } as HostConfig,
    NetworkingConfig: { EndpointsConfig: { [bridge.name]: { IPAMConfig: { IPv4Address: machine.transport } } } },
  };
}
