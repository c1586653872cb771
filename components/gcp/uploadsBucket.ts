import { Bucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, UserError } from "../../userError.ts";

export interface UploadsBucketArgs {
  /** Id of the project. */
  project: string;
  /** Name of the bucket, unique in the world: `<project>-storage`. */
  bucketName: string;
  /** Location, a region or multi-region such as `US-EAST1`. Moving a bucket means replacing it. */
  location: string;
  /** Accounts that may read, write and delete objects, as IAM members, by a stable name. */
  writers: Readonly<Record<string, pulumi.Input<string>>>;
  /** The bucket exists: only the writers are added. @default false */
  existing?: boolean;
  /** Days that an overwritten or deleted object can still be restored. @default 30 */
  restorableDays?: number;
  /**
   * Folders that are folders, so that one is renamed in one step. Such a bucket has no versions: soft delete, of 7 to 90
   * days, keeps what was deleted. Changing it means replacing the bucket. @default false
   */
  hierarchical?: boolean;
  /** Delete the objects together with the bucket on `pulumi destroy`. @default false */
  destroyContent?: boolean;
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/**
 * Where an app's files live: private, restorable, and kept when the server goes. Access logs (CKV_GCP_62) are left to Cloud
 * Audit Logs, which Google recommends over a bucket's own.
 */
export class UploadsBucket extends pulumi.ComponentResource {
  /** Name of the bucket, as gcsfuse takes it. */
  readonly bucketName: pulumi.Output<string>;
  /** `gs://` address of the bucket. */
  readonly url: pulumi.Output<string>;
  /** Rights that must be there before it is used. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: UploadsBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    const { project, bucketName, location, writers, ready = [] } = checked(name, args);
    const { existing = false, restorableDays = 30, hierarchical = false, destroyContent = false } = args;
    super("retrofit:gcp:UploadsBucket", name, { bucketName, location }, opts);

    const bucket = existing
      ? undefined
      : new Bucket(
          `${name}-bucket`,
          {
            project,
            name: bucketName,
            location,
            uniformBucketLevelAccess: true,
            publicAccessPrevention: "enforced",
            ...(hierarchical ? withSoftDelete(restorableDays) : withVersions(restorableDays)),
            forceDestroy: destroyContent,
          },
          // Protected, so that a destroy refuses before anything of the app is gone, and not in the middle.
          { parent: this, dependsOn: [...ready], protect: !destroyContent },
        );
    this.bucketName = bucket?.name ?? pulumi.output(bucketName);
    this.url = pulumi.interpolate`gs://${this.bucketName}`;
    this.ready = Object.entries(writers).map(
      ([writer, member]) =>
        new BucketIAMMember(
          `${name}-${writer}-objects`,
          { bucket: this.bucketName, role: "roles/storage.objectAdmin", member },
          { parent: this },
        ),
    );
    this.registerOutputs({ bucketName: this.bucketName, url: this.url });
  }
}

function withVersions(days: number) {
  return {
    versioning: { enabled: true },
    lifecycleRules: [
      { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: days, withState: "ARCHIVED" } },
    ],
  };
}

/** Versions and hierarchical namespace exclude each other. */
function withSoftDelete(days: number) {
  return {
    hierarchicalNamespace: { enabled: true },
    softDeletePolicy: { retentionDurationSeconds: days * 86_400 },
  };
}

function checked(name: string, args: UploadsBucketArgs): UploadsBucketArgs {
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, mend: string) => problems.push({ where: `${name}.${key}`, what, mend });
  if (Object.keys(args.writers).length === 0)
    wrong("writers", "nobody could write to the bucket", "Name the app's account");
  // https://cloud.google.com/storage/docs/buckets#naming
  if (!/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/.test(args.bucketName)) {
    wrong(
      "bucketName",
      `"${args.bucketName}" is no name of a bucket`,
      "Give 3 to 63 lower-case letters, digits, - or _",
    );
  }
  const days = args.restorableDays ?? 30;
  if (!Number.isInteger(days) || days < 1) {
    wrong("restorableDays", `${days} is not a whole number of days above 0`, "Give at least 1");
  } else if (args.hierarchical && (days < 7 || days > 90)) {
    wrong("restorableDays", `soft delete keeps objects for 7 to 90 days, not ${days}`, "Give a number between");
  }
  if (problems.length > 0) throw new UserError(problems);
  return args;
}
