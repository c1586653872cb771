import { existsSync } from "node:fs";
import { join } from "node:path";
import { ApiError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import { diskFile, diskType, removeDisk, sizeDisk } from "../compute/disk.ts";
import { instanceType } from "../compute/instance.ts";
import { attachedDisk, attachedDiskType } from "../compute/instances.ts";
import { growScript } from "../compute/script.ts";
import { baseName, idOf, newNumber, selfLink } from "../names.ts";
import { labelOutputs, projectOf, timestamp, zoneOf } from "./fields.ts";
import type { Kind } from "./kind.ts";

const api = "compute.googleapis.com";
/** GB of a disk for which no size is given. */
const defaultSize = 500;
/** GB. */
const smallest = 10;
const types = ["pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced", "hyperdisk-throughput"];

export const disk: Kind = {
  type: diskType,
  noun: "Disk",
  api,
  id: ({ project, zone, name }) => `projects/${project}/zones/${zone}/disks/${name}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const zone = zoneOf(inputs, scope);
    const size = (inputs.size as number | undefined) ?? (before?.size as number | undefined) ?? defaultSize;
    const type = baseName((inputs.type as string | undefined) ?? "pd-standard");
    if (!types.includes(type)) throw new ApiError(404, `The resource 'zones/${zone}/diskTypes/${type}' was not found`);
    if (size < smallest) throw new ApiError(400, `Disk size cannot be smaller than ${smallest} GB: ${size}`);
    if (before && size < (before.size as number)) {
      throw new ApiError(
        400,
        `the disk has ${before.size} GB: the real provider would replace it, with all that is on it`,
      );
    }
    const id = `projects/${project}/zones/${zone}/disks/${inputs.name}`;
    return {
      deletionPolicy: "DELETE",
      accessMode: "READ_WRITE_SINGLE",
      enableConfidentialCompute: false,
      guestOsFeatures: [],
      licenses: [],
      physicalBlockSizeBytes: 4096,
      provisionedIops: 0,
      provisionedThroughput: 0,
      resourcePolicies: [],
      ...inputs,
      ...labelOutputs(inputs, scope),
      project,
      zone,
      size,
      type,
      creationTimestamp: before?.creationTimestamp ?? timestamp(),
      diskId: before?.diskId ?? newNumber(19),
      lastAttachTimestamp: "",
      lastDetachTimestamp: "",
      selfLink: selfLink(id),
      sourceDiskId: "",
      sourceImageId: "",
      sourceInstantSnapshotId: "",
      sourceSnapshotId: "",
      users: before ? usersOf(scope.cloud, id) : [],
    };
  },
  async created(id, { size }, { cloud }) {
    if (!existsSync("/dev/loop-control")) {
      throw new Error("disks need the kernel's loop devices, which this machine has not: modprobe loop");
    }
    sizeDisk(join(cloud.disks, diskFile(id)), size as number);
    return undefined;
  },
  async updated(id, { size }, before, { cloud }) {
    if (size === before.size) return;
    sizeDisk(join(cloud.disks, diskFile(id)), size as number);
    for (const instance of cloud.instances.all()) {
      const index = instance.disks.findIndex((each) => each.disk === id);
      if (index > 0) await cloud.instances.run(instance.id, growScript({ index }));
    }
  },
  async live(id, outputs, { cloud }) {
    return { ...outputs, users: usersOf(cloud, id) };
  },
  async deleting(id, _outputs, { cloud }) {
    const [user] = usersOf(cloud, id);
    if (user) throw new ApiError(400, `The disk resource '${id}' is already being used by '${user}'`);
    removeDisk(join(cloud.disks, diskFile(id)));
  },
};

export const attachedDiskKind: Kind = {
  type: attachedDiskType,
  noun: "Attached disk",
  api,
  id: ({ instance, disk: source }) => `${instance}/${baseName(source as string)}`,
  outputs(inputs, scope) {
    const project = projectOf(inputs, scope);
    const reference = inputs.instance as string;
    const zone = /zones\/([^/]+)/.exec(reference)?.[1] ?? zoneOf(inputs, scope);
    const place = `projects/${project}/zones/${zone}`;
    const instance = idOf(reference, `${place}/instances`);
    const source = idOf(inputs.disk as string, `${place}/disks`);
    return { ...inputs, project, zone, instance, disk: source, deviceName: inputs.deviceName ?? baseName(source) };
  },
  async created(_id, outputs, { cloud }) {
    checkDisk(cloud, outputs.disk as string, outputs.instance as string, outputs.mode === "READ_ONLY");
    if (!cloud.store.get(instanceType, outputs.instance as string)) {
      throw new ApiError(404, `The resource '${outputs.instance}' was not found`);
    }
    await cloud.instances.plug(outputs.instance as string, attachedDisk(outputs));
    return undefined;
  },
  async deleting(_id, outputs, { cloud }) {
    const instance = cloud.instances.get(outputs.instance as string);
    const index = instance?.disks.findIndex(({ deviceName }) => deviceName === outputs.deviceName) ?? -1;
    if (instance && index > 0) await cloud.instances.unplug(instance.id, attachedDisk(outputs), index);
  },
};

/** That a disk is there and may be attached. */
export function checkDisk(cloud: Cloud, id: string, instance: string, readOnly: boolean): void {
  if (!cloud.store.get(diskType, id)) throw new ApiError(404, `The resource '${id}' was not found`);
  const other = cloud.instances
    .all()
    .find(
      (each) => each.id !== instance && each.disks.some((used) => used.disk === id && !(readOnly && used.readOnly)),
    );
  if (other) throw new ApiError(400, `The disk resource '${id}' is already being used by '${other.id}'`);
}

function usersOf({ instances }: Cloud, id: string): string[] {
  return instances
    .all()
    .flatMap((each) => (each.disks.some(({ disk: used }) => used === id) ? [selfLink(each.id)] : []));
}
