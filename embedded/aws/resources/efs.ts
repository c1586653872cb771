import { addressIn, contains, parseCidr, size } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { newId, zoneId } from "../names.ts";
import { checkGroups, neededSubnet, type Subnet } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf, patiently } from "./common.ts";
import type { Kind, Scope } from "./kind.ts";

export const fileSystem: Kind = {
  type: types.fileSystem,
  api: "EFS",
  noun: "File System",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const token = inputs.creationToken;
    if (store.all(types.fileSystem).some(([id, each]) => id !== before?.id && each.creationToken === token)) {
      throw new AwsError("FileSystemAlreadyExists", `File system already exists with creation token ${token}`, 409);
    }
    if ((inputs.throughputMode === "provisioned") !== (inputs.provisionedThroughputInMibps !== undefined)) {
      throw new AwsError(
        "BadRequest",
        "provisionedThroughputInMibps must be given with, and only with, the throughput mode provisioned",
      );
    }
    const id = (before?.id ?? newId("fs-")) as string;
    const { region } = homeOf(inputs, scope);
    return {
      encrypted: false,
      kmsKeyId: inputs.encrypted === true ? arnOf("kms", inputs, scope, "key/aws-elasticfilesystem") : "",
      performanceMode: "generalPurpose",
      protection: { replicationOverwrite: "ENABLED" },
      availabilityZoneId: "",
      availabilityZoneName: "",
      ...common(inputs, scope),
      id,
      arn: arnOf("elasticfilesystem", inputs, scope, `file-system/${id}`),
      dnsName: `${id}.efs.${region}.amazonaws.com`,
      name: ((inputs.tags ?? {}) as PlainMap).Name ?? "",
      numberOfMountTargets: targets(store, types.mountTarget, id).length,
      ownerId: scope.place.account,
      sizeInBytes: [{ value: 6144, valueInIa: 0, valueInStandard: 6144 }],
    };
  },
  live: async (id, outputs, { cloud }) => ({
    ...outputs,
    numberOfMountTargets: targets(cloud.store, types.mountTarget, id).length,
  }),
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (targets(store, types.mountTarget, id).length > 0) {
        throw new AwsError(
          "FileSystemInUse",
          `File system ${id} cannot be deleted because it is being used by mount targets.`,
          409,
        );
      }
    }),
  async deleted(id, _outputs, { cloud }) {
    for (const [point, { fileSystemId }] of cloud.store.all(types.accessPoint))
      if (fileSystemId === id) cloud.store.remove(types.accessPoint, point);
    await cloud.runtime.fileSystemRemoved(id);
  },
};

export const mountTarget: Kind = {
  type: types.mountTarget,
  api: "EFS",
  noun: "Mount Target",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const { fileSystemId, subnetId } = inputs as { fileSystemId: string; subnetId: string };
    const owner = neededFileSystem(store, types.fileSystem, fileSystemId);
    const placed = placeTarget(inputs, scope, types.mountTarget, inputs.ipAddress as string | undefined, before);
    const { region } = homeOf(inputs, scope);
    const dnsName = `${fileSystemId}.efs.${region}.amazonaws.com`;
    const zone = neededSubnet(store, subnetId).availabilityZone;
    return {
      ipAddressType: "IPV4_ONLY",
      ipv6Address: "",
      ...inputs,
      region,
      ...placed,
      ipAddress: (before?.ipAddress ?? placed.address) as string,
      dnsName,
      mountTargetDnsName: `${zone}.${dnsName}`,
      availabilityZoneName: zone,
      fileSystemArn: owner.arn as string,
    };
  },
};

export const accessPoint: Kind = {
  type: types.accessPoint,
  api: "EFS",
  noun: "Access Point",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const owner = neededFileSystem(scope.cloud.store, types.fileSystem, inputs.fileSystemId as string);
    const id = before?.id ?? newId("fsap-");
    const root = (inputs.rootDirectory ?? {}) as PlainMap;
    checkPath((root.path ?? "/") as string);
    return {
      ...common(inputs, scope),
      id,
      rootDirectory: { path: "/", ...root },
      arn: arnOf("elasticfilesystem", inputs, scope, `access-point/${id}`),
      fileSystemArn: owner.arn as string,
      ownerId: scope.place.account,
    };
  },
};

export const fileSystemPolicy: Kind = {
  type: types.fileSystemPolicy,
  api: "EFS",
  noun: "File System Policy",
  operations: { creating: "PutFileSystemPolicy", updating: "PutFileSystemPolicy" },
  id: ({ fileSystemId }) => fileSystemId as string,
  outputs(inputs, scope) {
    neededFileSystem(scope.cloud.store, types.fileSystem, inputs.fileSystemId as string);
    return { ...inputs, region: homeOf(inputs, scope).region };
  },
};

/** @throws AwsError where it is not there */
export function neededFileSystem(store: Store, type: string, id: string): PlainMap {
  const found = store.get(type, id);
  if (found === undefined) throw new AwsError("FileSystemNotFound", `File system '${id}' does not exist.`, 404);
  return found;
}

export function checkPath(path: string): void {
  if (/^\/(?:[^/]+(?:\/[^/]+){0,3})?$/.test(path) && path.length <= 100) return;
  throw new AwsError(
    "BadRequest",
    `The path '${path}' must begin with / and have no more than four parts and 100 characters.`,
  );
}

/** Mount targets of a file system. */
export function targets(store: Store, type: string, fileSystemId: string): PlainMap[] {
  return store.all(type).flatMap(([, each]) => (each.fileSystemId === fileSystemId ? [each] : []));
}

/** What mount targets of EFS and of S3 Files have in common: one an availability zone, with an address in its subnet. */
export function placeTarget(
  inputs: PlainMap,
  scope: Scope,
  type: string,
  wanted: string | undefined,
  before?: PlainMap,
) {
  const { store } = scope.cloud;
  const { fileSystemId, subnetId } = inputs as { fileSystemId: string; subnetId: string };
  const subnet = neededSubnet(store, subnetId);
  const others = targets(store, type, fileSystemId).filter(({ id }) => id !== before?.id);
  for (const other of others) {
    const { availabilityZone, vpcId } = neededSubnet(store, other.subnetId as string);
    if (vpcId !== subnet.vpcId)
      throw conflict("requested subnet for new mount target is not in the same VPC as existing mount targets");
    if (availabilityZone === subnet.availabilityZone) throw conflict("mount target already exists in this AZ");
  }
  const groups = (inputs.securityGroups ?? [store.get(types.vpc, subnet.vpcId)?.defaultSecurityGroupId]) as string[];
  checkGroups(store, groups, subnet.vpcId);
  return {
    id: before?.id ?? newId("fsmt-"),
    securityGroups: groups,
    address: addressFor(store, subnetId, subnet, wanted),
    networkInterfaceId: before?.networkInterfaceId ?? newId("eni-"),
    availabilityZoneId: zoneId(subnet.availabilityZone),
    ownerId: scope.place.account,
  };
}

/** An address of the subnet that no other mount target has; its upper half is left to tasks. */
function addressFor(store: Store, subnetId: string, { cidrBlock }: Subnet, wanted: string | undefined): string {
  const range = parseCidr(cidrBlock);
  const used = new Set(
    [types.mountTarget, types.filesMountTarget].flatMap((type) =>
      store.all(type).flatMap(([, each]) => (each.subnetId === subnetId ? [each.ipAddress ?? each.ipv4Address] : [])),
    ),
  );
  if (wanted !== undefined) {
    if (!contains(range, wanted) || used.has(wanted))
      throw new AwsError("IpAddressInUse", `The address ${wanted} is in use, or not in the subnet.`, 409);
    return wanted;
  }
  // The first four are AWS's own.
  for (let n = 4; n < size(range.bits) / 2; n++) if (!used.has(addressIn(range, n))) return addressIn(range, n);
  throw new AwsError("NoFreeAddressesInSubnet", `The subnet ${subnetId} has no free addresses.`, 409);
}

function conflict(message: string): AwsError {
  return new AwsError("MountTargetConflict", message, 409);
}
