import { Disk } from "@pulumi/gcp/compute/disk.js";
import { DiskResourcePolicyAttachment } from "@pulumi/gcp/compute/diskResourcePolicyAttachment.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import * as pulumi from "@pulumi/pulumi";

export interface DataDiskArgs {
  /** Id of the project. */
  project: string;
  zone: string;
  /** GB. It can grow in place, never shrink. @default 10 */
  size?: number;
  /** @default "pd-balanced" */
  type?: string;
  /** Days that each daily snapshot is kept. @default 14 */
  snapshotDays?: number;
  /** Delete it at `pulumi destroy` without a last snapshot. @default false */
  destroyContent?: boolean;
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** Where databases and other volumes of an app live: a disk that outlives the VM, with a snapshot a day. */
export class DataDisk extends pulumi.ComponentResource {
  /** As a VM takes it. */
  readonly diskId: pulumi.Output<string>;

  constructor(name: string, args: DataDiskArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:DataDisk", name, { zone: args.zone }, opts);
    const {
      project,
      zone,
      size = 10,
      type = "pd-balanced",
      snapshotDays = 14,
      destroyContent = false,
      ready = [],
    } = args;

    const disk = new Disk(
      `${name}-disk`,
      { project, zone, size, type, createSnapshotBeforeDestroy: !destroyContent },
      { parent: this, dependsOn: [...ready] },
    );
    const schedule = new ResourcePolicy(
      `${name}-snapshots`,
      {
        project,
        region: regionOf(zone),
        snapshotSchedulePolicy: {
          schedule: { dailySchedule: { daysInCycle: 1, startTime: "03:00" } },
          retentionPolicy: { maxRetentionDays: snapshotDays, onSourceDiskDelete: "KEEP_AUTO_SNAPSHOTS" },
        },
      },
      { parent: this, dependsOn: [...ready] },
    );
    // Not as an input of the disk, which would be replaced by a change of it.
    new DiskResourcePolicyAttachment(
      `${name}-snapshots-of-disk`,
      { project, zone, disk: disk.name, name: schedule.name },
      { parent: this },
    );
    this.diskId = disk.id;
    this.registerOutputs({ diskId: this.diskId });
  }
}

/** Region of a zone: `us-east1` of `us-east1-b`. */
export function regionOf(zone: string): string {
  return zone.replace(/-[a-z]$/, "");
}
