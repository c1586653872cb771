import type * as pulumi from "@pulumi/pulumi";
import type { App, Volume } from "../../compose/model.ts";
import { namedBuckets } from "../bucketReferences.ts";
import { slug } from "../names.ts";
import { regionOf } from "./dataDisk.ts";
import { UploadsBucket, type UploadsBucketArgs } from "./uploadsBucket.ts";

interface AppBucketsArgs {
  readonly app: App;
  /** Id of the project. */
  readonly project: string;
  /** Zone of the VM. */
  readonly zone: string;
  /** The account that writes: `serviceAccount:<email>`. */
  readonly writer: pulumi.Input<string>;
  /** Where they are to differ from the defaults. @default location: the zone's region */
  readonly buckets?: Partial<Pick<UploadsBucketArgs, "location" | "restorableDays" | "hierarchical">>;
  readonly destroyContent?: boolean;
  readonly ready?: readonly pulumi.Resource[];
}

/** The buckets of an app, by the volume or the name that asks for them. */
export function appBuckets(name: string, args: AppBucketsArgs, parent: pulumi.Resource): Record<string, UploadsBucket> {
  const { app, project, zone, writer, destroyContent, ready, buckets = {} } = args;
  return Object.fromEntries(
    Object.entries(bucketNames(app, project)).map(([key, bucketName]) => [
      key,
      new UploadsBucket(
        `${name}-${key}`,
        {
          ...buckets,
          project,
          bucketName,
          location: buckets.location ?? regionOf(zone).toUpperCase(),
          writers: { app: writer },
          existing: app.volumes.get(key)?.existing !== undefined,
          destroyContent,
          ready,
        },
        { parent },
      ),
    ]),
  );
}

export function bucketVolumes(app: App): Volume[] {
  return [...app.volumes.values()].filter(({ storage }) => storage === "bucket");
}

/** Names of the buckets of volumes, and of those that the environment alone names. The tutorial's, where there is one only. */
export function bucketNames(app: App, project: string): Record<string, string> {
  const keys = [...new Set([...bucketVolumes(app).map(({ name }) => name), ...namedBuckets(app)])];
  const derived = (key: string) => (keys.length === 1 ? `${project}-storage` : `${project}-storage-${slug(key)}`);
  return Object.fromEntries(keys.map((key) => [key, app.volumes.get(key)?.existing ?? derived(key)]));
}
