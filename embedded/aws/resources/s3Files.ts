import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { mayAssume, mayRole, notAuthorized, roleOf } from "../iam/roles.ts";
import { newId, timestamp } from "../names.ts";
import { neededSubnet } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf, patiently } from "./common.ts";
import { checkPath, neededFileSystem, placeTarget, targets } from "./efs.ts";
import type { Kind } from "./kind.ts";
import { hasVersions, neededBucket } from "./s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-files.html; its tasks' files are kept as EFS's are. */
const api = "S3 Files";

export const filesFileSystem: Kind = {
  type: types.filesFileSystem,
  api,
  noun: "File System",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const id = before?.id ?? newId("fs-");
    const arn = arnOf("s3files", inputs, scope, `file-system/${id}`);
    const name = (inputs.bucket as string).replace("arn:aws:s3:::", "");
    neededBucket(store, name);
    if (!hasVersions(store, name)) {
      throw new AwsError("ValidationException", `Versioning must be enabled on the bucket ${name}`);
    }
    checkSynchronization(store, inputs.roleArn as string, inputs.bucket as string, arn);
    return {
      kmsKeyId: "",
      ...common(inputs, scope),
      id,
      arn,
      creationTime: before?.creationTime ?? timestamp(),
      name: ((inputs.tags ?? {}) as PlainMap).Name ?? "",
      ownerId: scope.place.account,
      status: "available",
      statusMessage: "",
    };
  },
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (targets(store, types.filesMountTarget, id).length > 0) {
        throw new AwsError("ConflictException", `File system ${id} is in use by mount targets.`, 409);
      }
    }),
  async deleted(id, _outputs, { cloud }) {
    for (const [point, { fileSystemId }] of cloud.store.all(types.filesAccessPoint)) {
      if (fileSystemId === id) cloud.store.remove(types.filesAccessPoint, point);
    }
    await cloud.runtime.fileSystemRemoved(id);
  },
};

export const filesMountTarget: Kind = {
  type: types.filesMountTarget,
  api,
  noun: "Mount Target",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    neededFileSystem(store, types.filesFileSystem, inputs.fileSystemId as string);
    const { address, ...placed } = placeTarget(
      inputs,
      scope,
      types.filesMountTarget,
      inputs.ipv4Address as string | undefined,
      before,
    );
    return {
      ipAddressType: "IPV4_ONLY",
      ipv6Address: "",
      ...inputs,
      region: homeOf(inputs, scope).region,
      ...placed,
      ipv4Address: (before?.ipv4Address ?? address) as string,
      status: "available",
      statusMessage: "",
      vpcId: neededSubnet(store, inputs.subnetId as string).vpcId,
    };
  },
};

export const filesAccessPoint: Kind = {
  type: types.filesAccessPoint,
  api,
  noun: "Access Point",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const owner = neededFileSystem(store, types.filesFileSystem, inputs.fileSystemId as string);
    const roots = (inputs.rootDirectories ?? []) as PlainMap[];
    const users = (inputs.posixUsers ?? []) as PlainMap[];
    if (roots.length > 1 || users.length > 1)
      throw new AwsError("ValidationException", "At most one root directory and one POSIX user may be given");
    checkPath((roots[0]?.path ?? "/") as string);
    const id = before?.id ?? newId("fsap-");
    return {
      ...common(inputs, scope),
      id,
      rootDirectories: [{ path: "/", ...roots[0] }],
      arn: `${owner.arn}/access-point/${id}`,
      name: ((inputs.tags ?? {}) as PlainMap).Name ?? "",
      ownerId: scope.place.account,
      status: "available",
    };
  },
};

/** S3 Files moves files with a role: one that it may take on, and that may do what that needs. */
function checkSynchronization(store: Store, roleArn: string, bucketArn: string, fileSystemArn: string): void {
  if (
    roleOf(store, roleArn) === undefined ||
    !mayAssume(store, roleArn, "elasticfilesystem.amazonaws.com", fileSystemArn)
  ) {
    throw new AwsError(
      "ValidationException",
      `S3 Files is not able to assume the role ${roleArn}: verify its trust policy`,
    );
  }
  const needed = [
    { action: "s3:ListBucket", resource: bucketArn },
    { action: "s3:GetObject", resource: `${bucketArn}/any` },
    { action: "s3:PutObject", resource: `${bucketArn}/any` },
    { action: "s3:DeleteObject", resource: `${bucketArn}/any` },
  ];
  for (const question of needed) {
    const decision = mayRole(store, roleArn, question);
    if (decision !== "allowed")
      throw new AwsError("AccessDeniedException", notAuthorized(roleArn, "s3files", question, decision), 403);
  }
}
