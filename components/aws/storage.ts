import type * as pulumi from "@pulumi/pulumi";
import { BucketStorage } from "./bucketStorage.ts";
import { FileStorage, type StoredVolume } from "./fileStorage.ts";
import type { Placement } from "./network.ts";
import type { Settings } from "./settings.ts";
import type { FileSystem, Plan } from "./taskDefinition/model.ts";

/** Everything of an app that outlives its tasks. */
export interface Storage {
  /** By volume. */
  readonly volumes: Readonly<Record<string, StoredVolume>>;
  /** Id of the app's own file system in EFS, where it has one. */
  readonly fileSystemId: pulumi.Output<string> | undefined;
  /** Name of the bucket of each volume that has one. */
  readonly buckets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Resources that must exist before a task mounts any of it. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The file systems and buckets that a plan asks for. On EC2 the machine itself has disk volumes.
 *
 * @param clients group of the tasks, or machines, that mount them
 */
export function createStorage(
  name: string,
  settings: Settings & { readonly plan: Plan },
  placement: Placement | undefined,
  clients: pulumi.Input<string> | undefined,
  parent: pulumi.Resource,
): Storage {
  const { plan } = settings;
  const wanted = [...plan.fileSystems].filter(
    ([, { storage }]) => plan.launchType === "fargate" || storage === "bucket",
  );
  if (wanted.length === 0 || placement === undefined || clients === undefined) {
    return { volumes: {}, fileSystemId: undefined, buckets: {}, ready: [] };
  }
  const { region, account, destroyContent, restorableDays } = settings;
  const common = { region, account, placement, clients, destroyContent };
  const [inBuckets, inFiles] = [true, false].map(
    (inBucket) => new Map(wanted.filter(([, volume]) => isInBucket(volume, plan, settings) === inBucket)),
  ) as [Map<string, FileSystem>, Map<string, FileSystem>];

  const buckets = Object.fromEntries(
    [...inBuckets].map(([key, volume]) => [
      key,
      new BucketStorage(`${name}-${key}`, { ...common, volume, restorableDays }, { parent }),
    ]),
  );
  const files =
    inFiles.size === 0 ? undefined : new FileStorage(`${name}-files`, { ...common, volumes: inFiles }, { parent });
  return {
    volumes: { ...buckets, ...files?.volumes },
    fileSystemId: files?.fileSystemId,
    buckets: Object.fromEntries(
      Object.entries(buckets).flatMap(([key, { bucketName }]) => (bucketName === undefined ? [] : [[key, bucketName]])),
    ),
    ready: [...Object.values(buckets).flatMap(({ ready }) => ready), ...(files?.ready ?? [])],
  };
}

/** An existing file system of EFS stays one, whatever its volume is called. */
function isInBucket(
  { storage, existing }: FileSystem,
  { launchType }: Plan,
  { buckets = "s3files" }: Settings,
): boolean {
  if (storage !== "bucket" || launchType === "ec2" || existing?.startsWith("fs-")) return false;
  return existing !== undefined || buckets === "s3files";
}
