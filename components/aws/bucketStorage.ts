import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import { FilesAccessPoint } from "@pulumi/aws/s3/filesAccessPoint.js";
import { FilesFileSystem } from "@pulumi/aws/s3/filesFileSystem.js";
import { FilesMountTarget } from "@pulumi/aws/s3/filesMountTarget.js";
import * as pulumi from "@pulumi/pulumi";
import { distinctName, slug } from "../names.ts";
import { nfsGroup, type StoredVolume } from "./fileStorage.ts";
import type { Placement } from "./network.ts";
import { arnOf, type Place } from "./place.ts";
import { assumedBy, type Grant, policyOf, policyResource } from "./policy.ts";
import type { FileSystem } from "./taskDefinition/model.ts";

export interface BucketStorageArgs extends Place {
  placement: Placement;
  /** Group of the tasks that may mount. */
  clients: pulumi.Input<string>;
  /** The volume; `existing` is the ARN of a file system of S3 Files. */
  volume: FileSystem;
  /** Days that an overwritten or deleted object can still be restored. @default 30 */
  restorableDays?: number;
  /** Delete the objects together with the bucket at `pulumi destroy`, which refuses otherwise. @default false */
  destroyContent?: boolean;
}

/**
 * A bucket whose objects are files: S3 Files mounts it, and writes what changes back to it within about a minute. Encrypted by
 * S3's own keys, as every bucket is.
 */
export class BucketStorage extends pulumi.ComponentResource implements StoredVolume {
  /** Name of the bucket; undefined where a file system was named. */
  readonly bucketName: pulumi.Output<string> | undefined;
  readonly mounted: StoredVolume["mounted"];
  readonly grants: readonly Grant[];
  /** Resources that must exist before a task mounts it. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: BucketStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:BucketStorage", name, {}, opts);
    const { volume } = args;

    const { existing, posixUser, creationInfo, path } = volume;
    const made = existing === undefined ? this.#createFileSystem(name, args) : undefined;
    const fileSystemArn = pulumi.output(existing ?? (made?.arn as pulumi.Output<string>));
    const point = new FilesAccessPoint(
      `${name}-access`,
      {
        fileSystemId: fileSystemArn.apply((arn) => arn.slice(arn.lastIndexOf("/") + 1)),
        posixUsers: posixUser && [{ ...posixUser }],
        rootDirectories: [{ path, creationPermissions: [{ ...creationInfo }] }],
      },
      { parent: this },
    );

    this.bucketName = made?.bucket.name;
    this.ready = made?.targets ?? [];
    this.mounted = pulumi.output({ kind: "s3files" as const, fileSystemArn, accessPointArn: point.arn });
    this.grants = [
      {
        actions: ["s3files:ClientMount", "s3files:ClientWrite"],
        resources: [fileSystemArn],
        condition: { StringEquals: { "s3files:AccessPointArn": point.arn } },
      },
      // Large files are then read from the bucket itself.
      ...(made === undefined
        ? []
        : [
            { actions: ["s3:ListBucket"], resources: [made.bucket.arn] },
            {
              actions: ["s3:GetObject", "s3:GetObjectVersion"],
              resources: [pulumi.interpolate`${made.bucket.arn}/*`],
            },
          ]),
    ];
    this.registerOutputs({ bucketName: this.bucketName ?? null, fileSystemArn });
  }

  #createFileSystem(name: string, args: BucketStorageArgs) {
    const { placement, clients } = args;
    const bucket = this.#createBucket(name, args);
    const { role, policy } = this.#createRole(name, args, bucket.arn);
    const fileSystem = new FilesFileSystem(
      `${name}-files`,
      { bucket: bucket.arn, roleArn: role.arn },
      { parent: this, dependsOn: [policy, ...bucket.ready] },
    );
    const group = nfsGroup(name, placement.vpcId, clients, this);
    const targets = placement.subnetIds.map(
      (subnetId, number) =>
        new FilesMountTarget(
          `${name}-target-${number}`,
          { fileSystemId: fileSystem.id, subnetId, securityGroups: [group.id] },
          { parent: this },
        ),
    );
    return { arn: fileSystem.arn, targets, bucket };
  }

  /** Private and with versions, which S3 Files asks for. */
  #createBucket(name: string, { restorableDays = 30, destroyContent = false }: BucketStorageArgs) {
    const bucket = new Bucket(
      bucketResource(`${name}-bucket`),
      { forceDestroy: destroyContent },
      // So that a destroy refuses before anything is gone.
      { parent: this, protect: !destroyContent },
    );
    const privacy = new BucketPublicAccessBlock(
      `${name}-privacy`,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      { parent: this },
    );
    const versions = new BucketVersioning(
      `${name}-versions`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
    new BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            id: "forget-old-versions",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: restorableDays },
          },
        ],
      },
      { parent: this, dependsOn: [versions] },
    );
    return { name: bucket.bucket, arn: bucket.arn, ready: [privacy, versions] };
  }

  /** As whom S3 Files reads and writes the bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-files-prereq-policies.html */
  #createRole(name: string, place: Place, bucketArn: pulumi.Output<string>) {
    const role = new Role(
      `${name}-sync`,
      {
        name: distinctName(`${name}-sync-${pulumi.getStack()}-${place.region}`, 64),
        assumeRolePolicy: assumedBy("elasticfilesystem.amazonaws.com", place, ["s3files", "file-system/*"]),
      },
      { parent: this },
    );
    const policy = new RolePolicy(
      policyResource(`${name}-sync-policy`),
      {
        role: role.name,
        policy: policyOf([
          { actions: ["s3:ListBucket", "s3:ListBucketVersions"], resources: [bucketArn] },
          {
            actions: ["s3:AbortMultipartUpload", "s3:DeleteObject*", "s3:GetObject*", "s3:List*", "s3:PutObject*"],
            resources: [pulumi.interpolate`${bucketArn}/*`],
          },
          // By rules of its own it hears of objects that others write.
          {
            actions: ["DeleteRule", "DisableRule", "EnableRule", "PutRule", "PutTargets", "RemoveTargets"].map(
              (action) => `events:${action}`,
            ),
            resources: [arnOf("events", place, "rule/DO-NOT-DELETE-S3-Files*")],
            condition: { StringEquals: { "events:ManagedBy": "elasticfilesystem.amazonaws.com" } },
          },
          {
            actions: ["DescribeRule", "ListRuleNamesByTarget", "ListRules", "ListTargetsByRule"].map(
              (action) => `events:${action}`,
            ),
            resources: [arnOf("events", place, "rule/*")],
          },
        ]),
      },
      { parent: this },
    );
    return { role, policy };
  }
}

/** Characters that Pulumi leaves of a bucket's 63 when it makes its name of the resource's. */
const longestName = 55;

/** The name of a bucket has no underscores, which volumes have as Compose itself makes them. */
function bucketResource(text: string): string {
  return text === slug(text) && text.length <= longestName ? text : distinctName(text, longestName);
}
