import { toSeconds } from "../units.ts";
import { type Harmless, isMapped, isRefused, isWarned, only } from "./row.ts";

/** Capabilities that Docker gives a container unasked. Fargate gives the same and adds SYS_PTRACE only. */
export const defaultCapabilities: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/** Seconds between stop signal and kill that Fargate allows at most. */
const longestStop = 120;

/** `CAP_CHOWN` and `chown` are what ECS calls CHOWN. */
export function capabilityName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

const everyOne = (says: string, test: (value: string) => boolean): Harmless => ({
  says,
  test: (value) => Array.isArray(value) && value.every((each) => test(String(each))),
});

export const addedCapabilities = isRefused(
  "Fargate adds no capability to Docker's own but SYS_PTRACE",
  "Remove it, or deploy with the launch type ec2",
  everyOne(`${defaultCapabilities.join(", ")}, SYS_PTRACE`, (name) =>
    [...defaultCapabilities, "SYS_PTRACE"].includes(capabilityName(name)),
  ),
);

export const stopGracePeriod = isRefused(
  `Fargate kills a container ${longestStop} s after its stop signal at the latest`,
  `Give at most ${longestStop}s, or deploy with the launch type ec2`,
  { says: `up to ${longestStop} s`, test: (value) => (toSeconds(String(value)) ?? 0) <= longestStop },
);

export const securityOptions = {
  fargate: isWarned(
    "Fargate takes no security options: no-new-privileges does not hold there",
    everyOne("seccomp=builtin", (option) => /^seccomp[=:]builtin$/.test(option)),
  ),
  ec2: isRefused(
    "ECS takes no other security options",
    "Remove it",
    everyOne("no-new-privileges, apparmor, label and seccomp=builtin", (option) =>
      /^(no-new-privileges|(apparmor|label)[=:].+|seccomp[=:]builtin)(:true)?$/.test(option),
    ),
  ),
};

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SystemControl.html */
export const sysctls = isRefused("ECS sets no kernel parameters of that kind", "Remove it", {
  says: "net.*, fs.mqueue.* and those of interprocess communication",
  test: (value) =>
    typeof value === "object" &&
    Object.keys(value as object).every((name) =>
      /^(net\..+|fs\.mqueue\..+|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/.test(name),
    ),
});

export const networkMode = isRefused(
  "all containers of a task are in one network, which is never the host's",
  "Remove it",
  only("bridge", "default", "none"),
);

export const platform = isRefused(
  "ECS runs Linux on x86-64 and ARM64",
  "Give linux/amd64 or linux/arm64",
  only("linux/amd64", "linux/arm64", "linux/arm64/v8"),
);

export const logging = isWarned("the logs go to CloudWatch");
export const noPids = isWarned("ECS has no limit of processes: the container runs without it");
export const noStartInterval = isWarned("ECS checks at the interval from the start");
export const noInternal = isWarned("where a task's traffic may go is for its subnet's routes to say");
export const noAddresses = isWarned("addresses are the subnets'");
export const noNetworkLabels = isWarned("ECS has no networks to label");
export const noVolumeLabels = isWarned("what is made for the volume gets the stack's own tags");
export const noHostname = isWarned("a task on Fargate has a host name of its own");
export const noCpuShares = isWarned("a task on Fargate has its CPUs to itself");
export const noNetworkDriver = isRefused("containers are in the VPC's network", "Remove it", only("bridge"));
export const noNetworkOptions = isRefused("containers are in the VPC's network", "Remove it");
export const noExternalNetwork = isRefused("networks of this machine's Docker are not there", "Remove it");
export const noFixedAddress = isRefused("a task gets its address when it starts", "Use the service's name");
export const noVolumeDriver = isRefused("volumes are file systems of AWS", "Remove it", only("local"));
export const noVolumeOptions = isRefused("volumes are file systems of AWS", "Remove it");
export const noExternalVolume = isRefused(
  "volumes of this machine's Docker are not there",
  "Make it a volume of the app, or name a file system: storage: bucket and existing, under retrofit:volumes",
);
export const noGroups = isRefused(
  "ECS gives a container's user no further groups",
  "Put the user into the group in the image",
);
export const noDevices = isRefused("Fargate has no devices", "Remove it, or deploy with the launch type ec2");
export const noHosts = isRefused(
  "Fargate adds no host names",
  "Use a name that DNS knows, or deploy with the launch type ec2",
);
export const privileged = isRefused(
  "Fargate has no privileged containers",
  "Remove it, or deploy with the launch type ec2",
);
export const restart = isMapped(
  "on aws what ends is started again whatever it says: a service that runs to its end is a job",
);
export const sharedMemory = isMapped("on Fargate by a tmpfs at /dev/shm");
