import type { PlainMap } from "../core/value.ts";
import type { EfsVolume, S3FilesVolume } from "./ecs/taskDefinition.ts";
import { decide, statementsOf } from "./iam/policy.ts";
import { mayRole } from "./iam/roles.ts";
import { baseName } from "./names.ts";
import { allows } from "./network/securityGroups.ts";
import { subnetOf } from "./network/vpcs.ts";
import { targets } from "./resources/efs.ts";
import { type FileSystemMount, TaskFailure, type TaskPlace } from "./runtime/model.ts";
import type { Store } from "./store.ts";
import { types } from "./types.ts";

/** Who mounts. */
export interface Client {
  readonly place: TaskPlace;
  readonly taskRoleArn?: string;
}

const nfs = 2049;

/** Access to a file system of EFS. @throws {TaskFailure} as ECS words it */
export function mountEfs(store: Store, volume: EfsVolume, client: Client): FileSystemMount {
  const { fileSystemId, rootDirectory, authorizationConfig } = volume;
  const fileSystem = store.get(types.fileSystem, fileSystemId);
  checkReach(store, fileSystemId, fileSystem && types.mountTarget, client);
  const { accessPointId, iam } = authorizationConfig ?? {};
  const point = accessPointId === undefined ? undefined : store.get(types.accessPoint, accessPointId);
  if (accessPointId !== undefined && point?.fileSystemId !== fileSystemId)
    throw failure(
      `b'mount.nfs4: mounting ${fileSystemId}.efs.amazonaws.com:/ failed, reason given by server: access point ${accessPointId} does not exist'`,
    );
  const may = efsRights(store, fileSystem as PlainMap, point, iam === "ENABLED" ? client.taskRoleArn : undefined);
  if (!may("ClientMount")) throw failure("b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'");
  const root = (point?.rootDirectory ?? {}) as PlainMap;
  const creation = root.creationInfo as PlainMap | undefined;
  return {
    fileSystemId,
    path: point === undefined ? rootDirectory : (root.path as string),
    ...userOf(point?.posixUser as PlainMap | undefined),
    ...creationOf(creation),
    readOnly: !may("ClientWrite"),
    rootAccess: may("ClientRootAccess"),
  };
}

/**
 * What may be done with a file system: without a policy of its own everybody may do everything, as EFS has it; with one, what that
 * or a policy of the role allows, and neither denies.
 */
function efsRights(store: Store, fileSystem: PlainMap, point: PlainMap | undefined, roleArn: string | undefined) {
  const own = store.get(types.fileSystemPolicy, fileSystem.id as string);
  if (own === undefined) return () => true;
  const statements = statementsOf(own.policy as string);
  return (right: string): boolean => {
    const context = {
      "aws:SecureTransport": "true",
      "elasticfilesystem:AccessedViaMountTarget": "true",
      ...(point ? { "elasticfilesystem:AccessPointArn": point.arn as string } : {}),
    };
    const question = { action: `elasticfilesystem:${right}`, resource: fileSystem.arn as string, context };
    const byPolicy = decide(statements, { ...question, principal: `AWS:${roleArn ?? "anonymous"}` });
    const byRole = roleArn === undefined ? "implicitly denied" : mayRole(store, roleArn, question);
    if (byPolicy === "denied" || byRole === "denied") return false;
    return byPolicy === "allowed" || byRole === "allowed";
  };
}

/** Access to a file system of S3 Files, which asks for the task role's rights always. @throws {TaskFailure} */
export function mountFiles(store: Store, volume: S3FilesVolume, client: Client): FileSystemMount {
  const { fileSystemArn, rootDirectory, accessPointArn } = volume;
  const fileSystemId = baseName(fileSystemArn);
  const fileSystem = store.get(types.filesFileSystem, fileSystemId);
  checkReach(store, fileSystemId, fileSystem && types.filesMountTarget, client);
  const point = accessPointArn === undefined ? undefined : store.get(types.filesAccessPoint, baseName(accessPointArn));
  if (accessPointArn !== undefined && point?.fileSystemId !== fileSystemId)
    throw failure(
      `b'mount.nfs4: mounting ${fileSystemId} failed, reason given by server: access point ${accessPointArn} does not exist'`,
    );
  const may = (right: string): boolean => {
    const context: Record<string, string> =
      point === undefined ? {} : { "s3files:AccessPointArn": point.arn as string };
    const question = { action: `s3files:${right}`, resource: fileSystemArn, context };
    return client.taskRoleArn !== undefined && mayRole(store, client.taskRoleArn, question) === "allowed";
  };
  if (!may("ClientMount")) throw failure("b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'");
  const [root = {}] = (point?.rootDirectories ?? []) as PlainMap[];
  const [creation] = (root.creationPermissions ?? []) as PlainMap[];
  const [user] = (point?.posixUsers ?? []) as PlainMap[];
  return {
    fileSystemId,
    path: point === undefined ? rootDirectory : (root.path as string),
    ...userOf(user),
    ...creationOf(creation),
    readOnly: !may("ClientWrite"),
    rootAccess: may("ClientRootAccess"),
  };
}

/** Whether there is a mount target in the task's availability zone that lets it in. @param type of mount targets; none without a file system */
function checkReach(store: Store, fileSystemId: string, type: string | undefined, { place }: Client): void {
  const zone = place.subnetId === undefined ? undefined : subnetOf(store, place.subnetId);
  const vpc = zone && store.get(types.vpc, zone.vpcId);
  const found = type === undefined ? [] : targets(store, type, fileSystemId);
  const target = found.find((each) => {
    const subnet = subnetOf(store, each.subnetId as string);
    return zone === undefined || (subnet?.vpcId === zone.vpcId && subnet.availabilityZone === zone.availabilityZone);
  });
  if (target === undefined || vpc?.enableDnsSupport === false) {
    throw failure(
      `Failed to resolve "${fileSystemId}.efs.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target ip address using botocore. Failed to import necessary dependency botocore`,
    );
  }
  // A machine of one's own stands in no subnet here, and is let in as its owner sees to.
  if (place.subnetId === undefined) return;
  const from = { securityGroups: place.securityGroups, address: addressIn(store, place.subnetId) };
  const to = {
    securityGroups: target.securityGroups as string[],
    address: (target.ipAddress ?? target.ipv4Address) as string,
  };
  if (!allows(store, from, to, nfs, "tcp")) throw failure("b'mount.nfs4: Connection timed out'");
}

/** An address that stands for a task in a subnet. */
function addressIn(store: Store, subnetId: string): string {
  return subnetOf(store, subnetId)?.cidrBlock.split("/")[0] ?? "";
}

function userOf(user: PlainMap | undefined): Pick<FileSystemMount, "posixUser"> {
  if (user === undefined) return {};
  return {
    posixUser: {
      uid: user.uid as number,
      gid: user.gid as number,
      secondaryGids: (user.secondaryGids ?? []) as number[],
    },
  };
}

function creationOf(creation: PlainMap | undefined): Pick<FileSystemMount, "creation"> {
  if (creation === undefined) return {};
  const { ownerUid, ownerGid, permissions } = creation as { ownerUid: number; ownerGid: number; permissions: string };
  return { creation: { uid: ownerUid, gid: ownerGid, permissions } };
}

function failure(why: string): TaskFailure {
  return new TaskFailure(
    `ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ${why} : unsuccessful EFS utils command execution; code: 32`,
  );
}
