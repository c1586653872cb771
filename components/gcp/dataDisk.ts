import { Disk } from "@pulumi/gcp/compute/disk.js";
import { DiskResourcePolicyAttachment } from "@pulumi/gcp/compute/diskResourcePolicyAttachment.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../userError.ts";

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

/** What of a data disk cannot change: with anything else, but for more GB, it is another disk. */
export interface DataDiskKind {
  readonly zone: string;
  readonly type: string;
  /** GB. */
  readonly size: number;
}

/** Where databases and other volumes of an app live: a disk that outlives the VM, with a snapshot a day. */
export class DataDisk extends pulumi.ComponentResource {
  /** As a VM takes it. */
  readonly diskId: pulumi.Output<string>;

  constructor(name: string, args: DataDiskArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:DataDisk", name, { zone: args.zone }, opts);
    const { project, snapshotDays = 14, destroyContent = false, ready = [] } = args;
    const { zone, size, type } = dataDiskKind(args);

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

/** The disk that these arguments ask for. */
export function dataDiskKind(args: Pick<DataDiskArgs, "zone" | "size" | "type">): DataDiskKind {
  const { zone, size = 10, type = "pd-balanced" } = args;
  return { zone, type, size };
}

/**
 * Why the disk that is there would give way to an empty one, which the cloud and the VM take without a word.
 * @param file the stack's configuration file
 */
export function dataDiskProblems(last: DataDiskKind, next: DataDiskKind, file: string): Problem[] {
  const problem = (key: string, what: string, before: string | number): Problem => ({
    where: `${file}: ${key}`,
    what: `the data disk ${what} would be another one, empty`,
    mend: `Set it back to ${before}, or move the data as "Another data disk" in docs/gcp.md tells`,
  });
  return [
    ...(next.zone === last.zone ? [] : [problem("gcp:zone", `is in ${last.zone}, and one in ${next.zone}`, last.zone)]),
    ...(next.type === last.type
      ? []
      : [problem("retrofit:dataDiskType", `is of type ${last.type}, and one of type ${next.type}`, last.type)]),
    ...(next.size >= last.size
      ? []
      : [problem("retrofit:dataDiskSize", `has ${last.size} GB and cannot shrink: one of ${next.size} GB`, last.size)]),
  ];
}

/** Region of a zone: `us-east1` of `us-east1-b`. */
export function regionOf(zone: string): string {
  return zone.replace(/-[a-z]$/, "");
}
