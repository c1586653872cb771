import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { common, homeOf } from "./common.ts";
import type { Kind } from "./kind.ts";

export const bucket: Kind = {
  type: types.bucket,
  api: "S3",
  noun: "Bucket",
  id: ({ bucket: name }) => name as string,
  outputs(inputs, scope) {
    const name = inputs.bucket as string;
    const { region } = homeOf(inputs, scope);
    return {
      ...common(inputs, scope),
      arn: `arn:aws:s3:::${name}`,
      bucketDomainName: `${name}.s3.amazonaws.com`,
      bucketRegion: region,
      bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      hostedZoneId: "Z3AQBSTGFYJSTF",
      websiteDomain: "",
      websiteEndpoint: "",
    };
  },
  async deleting(id, { arn, forceDestroy }, { cloud }) {
    const users = cloud.store.all(types.filesFileSystem).filter(([, each]) => each.bucket === arn);
    // Objects are what a file system of S3 Files has written; with it they go here.
    if (users.length > 0 && forceDestroy !== true) {
      throw new AwsError("BucketNotEmpty", `The bucket ${id} you tried to delete is not empty`, 409);
    }
  },
};

export const bucketPublicAccessBlock: Kind = {
  ...ofBucket("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "Bucket Public Access Block"),
  operations: {
    creating: "PutPublicAccessBlock",
    updating: "PutPublicAccessBlock",
    deleting: "DeletePublicAccessBlock",
  },
};

export const bucketLifecycleConfiguration: Kind = {
  ...ofBucket("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "Bucket Lifecycle Configuration"),
  operations: { creating: "PutBucketLifecycleConfiguration", updating: "PutBucketLifecycleConfiguration" },
};

export const bucketVersioning: Kind = {
  ...ofBucket(types.bucketVersioning, "Bucket Versioning"),
  operations: { creating: "PutBucketVersioning", updating: "PutBucketVersioning" },
};

/** A part of a bucket's configuration that is a resource of its own. */
function ofBucket(type: string, noun: string): Kind {
  return {
    type,
    api: "S3",
    noun,
    id: ({ bucket: owner }) => owner as string,
    outputs(inputs, scope) {
      neededBucket(scope.cloud.store, inputs.bucket as string);
      return { ...inputs, region: homeOf(inputs, scope).region };
    },
  };
}

/** @throws AwsError where it is not there */
export function neededBucket(store: Store, name: string): PlainMap {
  const found = store.get(types.bucket, name);
  if (found === undefined) throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${name}`, 404);
  return found;
}

export function hasVersions(store: Store, name: string): boolean {
  const { status } = (store.get(types.bucketVersioning, name)?.versioningConfiguration ?? {}) as PlainMap;
  return status === "Enabled";
}
