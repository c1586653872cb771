import { isMapped, isRefused, only } from "./row.ts";

export const noExternalNetwork = isRefused(
  "networks of this machine's Docker are not on the VM",
  "Remove it: the app gets a network of its own",
);
export const noExternalVolume = isRefused(
  "volumes of this machine's Docker are not on the VM",
  "Make it a volume of the app, or name a bucket: storage: bucket and existing, under retrofit:volumes",
);
export const platform = isRefused(
  "Compute Engine runs Linux on x86-64 and ARM64",
  "Give linux/amd64 or linux/arm64",
  only("linux/amd64", "linux/arm64", "linux/arm64/v8"),
);
export const ownPlace = isMapped("such a volume has a place of its own, and not one on the data disk");
export const logging = isMapped("Cloud Logging has what json-file writes, which is the default");
export const devices = isMapped("those of the VM, such as /dev/fuse");
