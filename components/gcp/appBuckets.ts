import type * as pulumi from "@pulumi/pulumi";
import type { App, Volume } from "../../compose/model.ts";
import { namedBuckets } from "../bucketReferences.ts";
import { distinctName, slug } from "../names.ts";
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
  /** Names that buckets were deployed with. @default none */
  readonly keptBuckets?: Readonly<Record<string, string>>;
  readonly destroyContent?: boolean;
  readonly ready?: readonly pulumi.Resource[];
}

/** The buckets of an app, by the volume or the name that asks for them. */
export function appBuckets(name: string, args: AppBucketsArgs, parent: pulumi.Resource): Record<string, UploadsBucket> {
  const { app, project, zone, writer, keptBuckets, destroyContent, ready, buckets = {} } = args;
  return Object.fromEntries(
    Object.entries(bucketNames(app, project, keptBuckets)).map(([key, bucketName]) => [
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

/**
 * Names of the buckets of volumes, and of those that the environment alone names. The tutorial's, where there is one only when it is
 * first made. A bucket cannot be renamed: one that is there keeps its name, whichever others come and go.
 * @param kept the names that the last deployment put out
 */
export function bucketNames(
  app: App,
  project: string,
  kept: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const keys = [...new Set([...bucketVolumes(app).map(({ name }) => name), ...namedBuckets(app)])];
  const existing = (key: string) => app.volumes.get(key)?.existing;
  const taken = new Set([...Object.values(kept), ...keys.flatMap((key) => existing(key) ?? [])]);
  const named = (key: string): string => {
    // Volumes such as a_b and a-b would have one name.
    const own = [slug(key), distinctName(key, 24)].map((suffix) => `${project}-storage-${suffix}`);
    const possible = [`${project}-storage`, ...own];
    const before = kept[key];
    // One of another project, or that was somebody else's, is not this stack's to make.
    if (before !== undefined && possible.includes(before)) return before;
    const free = (keys.length === 1 ? possible : own).find((name) => !taken.has(name)) ?? (own[1] as string);
    taken.add(free);
    return free;
  };
  return Object.fromEntries(keys.map((key) => [key, existing(key) ?? named(key)]));
}
