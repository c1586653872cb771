import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { AccessPoint } from "@pulumi/aws/efs/accessPoint.js";
import { FileSystem as ElasticFileSystem } from "@pulumi/aws/efs/fileSystem.js";
import { MountTarget } from "@pulumi/aws/efs/mountTarget.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import { fittingName } from "../names.ts";
import { groupResource } from "./firewall.ts";
import type { Placement } from "./network.ts";
import { arnOf, type Place } from "./place.ts";
import type { Grant } from "./policy.ts";
import type { FileSystem, MountedFileSystem } from "./taskDefinition/model.ts";

/** A volume as a task mounts it. */
export interface StoredVolume {
  /** What a task definition names it by. */
  readonly mounted: pulumi.Output<MountedFileSystem>;
  /** What the role of a task must be granted to use it. */
  readonly grants: readonly Grant[];
}

export interface FileStorageArgs extends Place {
  placement: Placement;
  /** Group of the tasks that may mount. */
  clients: pulumi.Input<string>;
  /** By volume; those that name an existing file system get an access point in that one. */
  volumes: ReadonlyMap<string, FileSystem>;
  /** Delete the files together with the stack at `pulumi destroy`, which leaves the file system otherwise. @default false */
  destroyContent?: boolean;
}

/** Port of NFS. */
const nfs = 2049;

/** Where an app's data live that outlive its tasks: one encrypted file system of EFS, a folder and access point a volume. */
export class FileStorage extends pulumi.ComponentResource {
  /** By volume. */
  readonly volumes: Readonly<Record<string, StoredVolume>>;
  /** Id of the file system; undefined where all volumes name existing ones. */
  readonly fileSystemId: pulumi.Output<string> | undefined;
  /** Resources that must exist before a task mounts it. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: FileStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:FileStorage", name, { volumes: [...args.volumes.keys()] }, opts);
    const { volumes } = args;

    const own = [...volumes.values()].some(({ existing }) => existing === undefined)
      ? this.#createFileSystem(name, args)
      : undefined;
    this.fileSystemId = own?.id;
    this.ready = own?.targets ?? [];
    this.volumes = Object.fromEntries(
      [...volumes].map(([volume, definition]) => {
        const fileSystemId = definition.existing ?? (own?.id as pulumi.Output<string>);
        const { posixUser, creationInfo, path } = definition;
        const point = new AccessPoint(
          `${name}-${volume}`,
          { fileSystemId, posixUser: posixUser && { ...posixUser }, rootDirectory: { path, creationInfo } },
          { parent: this },
        );
        return [
          volume,
          {
            mounted: pulumi.output({ kind: "efs" as const, fileSystemId, accessPointId: point.id }),
            grants: [mountGrant(args, fileSystemId, point.arn, posixUser === undefined)],
          },
        ];
      }),
    );
    this.registerOutputs({ fileSystemId: this.fileSystemId ?? null });
  }

  #createFileSystem(name: string, { placement, clients, destroyContent = false }: FileStorageArgs) {
    const fileSystem = new ElasticFileSystem(
      // Pulumi adds eight characters to what EFS takes 64 of.
      fittingName(`${name}-efs`, /^[ -~]+$/, 56),
      {
        encrypted: true,
        // With the default a small file system would be a slow one: that grants throughput by size.
        throughputMode: "elastic",
        tags: { Name: `${name}-${pulumi.getStack()}` },
      },
      { parent: this, retainOnDelete: !destroyContent },
    );
    const group = nfsGroup(name, placement.vpcId, clients, this);
    const targets = placement.subnetIds.map(
      (subnetId, number) =>
        new MountTarget(
          `${name}-target-${number}`,
          { fileSystemId: fileSystem.id, subnetId, securityGroups: [group.id] },
          { parent: this },
        ),
    );
    return { id: fileSystem.id, targets };
  }
}

/** Lets the tasks reach the mount targets of a file system, and nobody else. */
export function nfsGroup(
  name: string,
  vpcId: pulumi.Input<string>,
  clients: pulumi.Input<string>,
  parent: pulumi.Resource,
): SecurityGroup {
  const group = new SecurityGroup(groupResource(`${name}-nfs`), { vpcId, description: "Mount targets" }, { parent });
  new SecurityGroupIngressRule(
    `${name}-nfs-tasks`,
    {
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: nfs,
      toPort: nfs,
      referencedSecurityGroupId: clients,
    },
    { parent },
  );
  return group;
}

/** By this one access point only. https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html */
function mountGrant(
  place: Place,
  fileSystemId: pulumi.Input<string>,
  accessPointArn: pulumi.Input<string>,
  asRoot: boolean,
): Grant {
  const actions = ["ClientMount", "ClientWrite", ...(asRoot ? ["ClientRootAccess"] : [])];
  return {
    actions: actions.map((action) => `elasticfilesystem:${action}`),
    resources: [pulumi.output(fileSystemId).apply((id) => arnOf("elasticfilesystem", place, `file-system/${id}`))],
    condition: { StringEquals: { "elasticfilesystem:AccessPointArn": accessPointArn } },
  };
}
