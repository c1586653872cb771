import type { Service } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { capabilityName, defaultCapabilities } from "../../../compose/support/aws.ts";
import type { LinuxParameters } from "./model.ts";
import { mebibytes } from "./size.ts";
import type { Storage } from "./storage.ts";

/**
 * What a container may do, and its memory file systems; those without a size share half of its `memory`, in MiB. Undefined where nothing is
 * to be said.
 */
export function linuxParameters(
  service: Pick<Service, "capAdd" | "capDrop" | "devices" | "init" | "shmSize">,
  tmpfs: Storage["tmpfs"],
  memory: number,
  launchType: LaunchType,
): LinuxParameters | undefined {
  const { devices, init, shmSize } = service;
  const capabilities = capabilitiesOf(service, launchType);
  // Fargate has no parameter for the size of /dev/shm.
  const shared = launchType === "fargate" && shmSize !== undefined ? [{ path: "/dev/shm", size: shmSize }] : [];
  // As Linux takes half of the machine's; ECS has to be told a size, and on EC2 keeps it free.
  const share = Math.max(1, Math.floor(memory / 2 / tmpfs.filter(({ size }) => size === undefined).length));
  const parameters: LinuxParameters = {
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(devices.length === 0 ? {} : { devices: devices.map(deviceOf).sort(byContainerPath) }),
    ...(init ? { initProcessEnabled: true } : {}),
    ...(launchType === "ec2" && shmSize !== undefined ? { sharedMemorySize: mebibytes(shmSize) } : {}),
    ...(tmpfs.length + shared.length === 0
      ? {}
      : { tmpfs: [...tmpfs, ...shared].map((mount) => tmpfsOf(mount, share)).sort(byContainerPath) }),
  };
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

/** Fargate adds nothing but SYS_PTRACE: what is to be kept of Docker's own is what is not dropped. */
export function capabilitiesOf(
  { capAdd, capDrop }: Pick<Service, "capAdd" | "capDrop">,
  launchType: LaunchType,
): LinuxParameters["capabilities"] {
  const add = names(capAdd);
  const drop = names(capDrop);
  if (add.length + drop.length === 0) return undefined;
  if (launchType === "ec2") return { add, drop };
  const kept = add.filter((name) => defaultCapabilities.includes(name));
  const beyond = add.filter((name) => !defaultCapabilities.includes(name));
  const dropped = drop.includes("ALL") && kept.length > 0 ? defaultCapabilities : drop;
  return { add: beyond, drop: dropped.filter((name) => !kept.includes(name)) };
}

function names(list: readonly string[]): string[] {
  return [...new Set(list.map(capabilityName))].sort();
}

function deviceOf({ source, target, permissions }: Service["devices"][number]) {
  const words: Readonly<Record<string, string>> = { r: "read", w: "write", m: "mknod" };
  return {
    hostPath: source,
    containerPath: target,
    permissions: Object.keys(words).flatMap((letter) =>
      permissions.includes(letter) ? [words[letter] as string] : [],
    ),
  };
}

/** Docker's own mode and options are said: not every agent adds them. */
function tmpfsOf({ path, size, mode = 0o1777 }: Storage["tmpfs"][number], share: number) {
  return {
    containerPath: path,
    size: size === undefined ? share : Math.max(1, mebibytes(size)),
    mountOptions: [`mode=${mode.toString(8)}`, "nodev", "noexec", "nosuid"],
  };
}

function byContainerPath(a: { readonly containerPath: string }, b: { readonly containerPath: string }): number {
  return a.containerPath < b.containerPath ? -1 : 1;
}
