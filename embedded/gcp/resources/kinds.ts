import { address } from "./address.ts";
import { bucket } from "./bucket.ts";
import { attachedDiskKind, disk } from "./disk.ts";
import { iamMembers } from "./iamMember.ts";
import { instance } from "./instance.ts";
import type { Kind } from "./kind.ts";
import { firewall, network, subnetwork } from "./network.ts";
import { account, service } from "./project.ts";
import { repository } from "./repository.ts";
import { secret, secretVersion } from "./secret.ts";
import { diskResourcePolicyAttachment, resourcePolicy } from "./snapshotSchedule.ts";

/** Every type of resource that the embedded cloud has. */
export const kinds: readonly Kind[] = [
  account,
  address,
  attachedDiskKind,
  bucket,
  disk,
  diskResourcePolicyAttachment,
  firewall,
  instance,
  network,
  repository,
  resourcePolicy,
  secret,
  secretVersion,
  service,
  subnetwork,
  ...iamMembers,
];
