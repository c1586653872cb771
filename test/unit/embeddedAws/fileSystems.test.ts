import { beforeEach, describe, expect, it } from "vitest";
import type { S3FilesVolume, TaskDefinition } from "../../../embedded/aws/ecs/taskDefinition.ts";
import { definitionOf } from "../../../embedded/aws/resources/taskDefinition.ts";
import type { TaskPlace } from "../../../embedded/aws/runtime/model.ts";
import type { Observed } from "../../../embedded/core/handler.ts";
import { account, arnPrefix, fargate, region, SampleCloud } from "./sampleCloud.ts";

const tasks = "ecs-tasks.amazonaws.com";
let sample: SampleCloud;
let place: TaskPlace;
let network: Awaited<ReturnType<SampleCloud["network"]>>;
let nfs: Observed;

beforeEach(async () => {
  sample = new SampleCloud();
  network = await sample.network();
  place = {
    launchType: "FARGATE",
    subnetId: network.subnets[0].id,
    securityGroups: [network.group.id],
    assignPublicIp: true,
  };
  nfs = await sample.create("ec2/securityGroup", { vpcId: network.vpc.id, name: "nfs" });
  await sample.create("vpc/securityGroupIngressRule", {
    securityGroupId: nfs.id,
    ipProtocol: "tcp",
    fromPort: 2049,
    toPort: 2049,
    referencedSecurityGroupId: network.group.id,
  });
});

async function registered(taskRoleArn: string): Promise<TaskDefinition> {
  const { outputs } = await sample.create(
    "ecs/taskDefinition",
    fargate([{ name: "web", image: "nginx:1" }], { taskRoleArn }),
  );
  return definitionOf(sample.cloud.store, outputs.arn as string) as TaskDefinition;
}
const mount = (...args: Parameters<typeof sample.runtime.surroundings.fileSystem>) =>
  sample.runtime.surroundings.fileSystem(...args);

describe("a file system of EFS", () => {
  let fileSystem: Observed;
  const volume = () => ({ fileSystemId: fileSystem.id, rootDirectory: "/", transitEncryption: "ENABLED" as const });

  beforeEach(async () => {
    fileSystem = await sample.create("efs/fileSystem", {
      encrypted: true,
      throughputMode: "elastic",
      tags: { Name: "files" },
    });
  });

  it("has EFS's formats", async () => {
    expect(fileSystem.id).toMatch(/^fs-0[0-9a-f]{16}$/);
    expect(fileSystem.outputs).toMatchObject({
      arn: `${arnPrefix("elasticfilesystem")}file-system/${fileSystem.id}`,
      dnsName: `${fileSystem.id}.efs.${region}.amazonaws.com`,
      creationToken: "test-7b54b66",
      name: "files",
      numberOfMountTargets: 0,
    });
    const target = await sample.create("efs/mountTarget", {
      fileSystemId: fileSystem.id,
      subnetId: network.subnets[0].id,
      securityGroups: [nfs.id],
    });
    expect(target.outputs).toMatchObject({
      ipAddress: "10.0.0.4",
      availabilityZoneName: "eu-central-1a",
      mountTargetDnsName: `eu-central-1a.${fileSystem.id}.efs.${region}.amazonaws.com`,
      networkInterfaceId: expect.stringMatching(/^eni-0/),
    });
    expect(
      (await sample.read("efs/fileSystem", fileSystem, { encrypted: true, throughputMode: "elastic" }))?.outputs
        .numberOfMountTargets,
    ).toBe(1);
    const again = { fileSystemId: fileSystem.id, subnetId: network.subnets[0].id };
    await expect(sample.create("efs/mountTarget", again)).rejects.toThrow("mount target already exists in this AZ");
    expect(await sample.undeletable("efs/fileSystem", fileSystem)).toBe("impatient");
    await sample.delete("efs/mountTarget", target);
    await sample.delete("efs/fileSystem", fileSystem);
    expect(sample.runtime.told).toContain(`file system ${fileSystem.id} removed`);
  });

  it("is mounted where a mount target lets the task in", async () => {
    const definition = await registered(await sample.role("task", tasks));
    expect(() => mount(volume(), definition, place)).toThrow(
      /ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve/,
    );
    await sample.create("efs/mountTarget", {
      fileSystemId: fileSystem.id,
      subnetId: network.subnets[0].id,
      securityGroups: [nfs.id],
    });
    expect(mount(volume(), definition, place)).toEqual({
      fileSystemId: fileSystem.id,
      path: "/",
      readOnly: false,
      rootAccess: true,
    });
    expect(() => mount(volume(), definition, { ...place, subnetId: network.subnets[1].id })).toThrow(
      "Failed to resolve",
    );
    const stranger = await sample.create("ec2/securityGroup", { vpcId: network.vpc.id, name: "stranger" });
    expect(() => mount(volume(), definition, { ...place, securityGroups: [stranger.id] })).toThrow(
      "mount.nfs4: Connection timed out",
    );
  });

  it("is seen through an access point as its folder and its user", async () => {
    const point = await sample.create("efs/accessPoint", {
      fileSystemId: fileSystem.id,
      posixUser: { uid: 33, gid: 34, secondaryGids: [35] },
      rootDirectory: { path: "/uploads", creationInfo: { ownerUid: 33, ownerGid: 34, permissions: "0750" } },
    });
    await sample.create("efs/mountTarget", {
      fileSystemId: fileSystem.id,
      subnetId: network.subnets[0].id,
      securityGroups: [nfs.id],
    });
    const definition = await registered(await sample.role("task", tasks));
    const through = { ...volume(), authorizationConfig: { accessPointId: point.id, iam: "DISABLED" as const } };
    expect(mount(through, definition, place)).toMatchObject({
      path: "/uploads",
      posixUser: { uid: 33, gid: 34, secondaryGids: [35] },
      creation: { uid: 33, gid: 34, permissions: "0750" },
    });
    const gone = { ...volume(), authorizationConfig: { accessPointId: "fsap-1", iam: "DISABLED" as const } };
    expect(() => mount(gone, definition, place)).toThrow("access point fsap-1 does not exist");
  });

  it("with a policy of its own asks for the task role's rights", async () => {
    await sample.create("efs/mountTarget", {
      fileSystemId: fileSystem.id,
      subnetId: network.subnets[0].id,
      securityGroups: [nfs.id],
    });
    const Statement = [
      { Effect: "Deny", Principal: { AWS: "*" }, Action: "elasticfilesystem:ClientRootAccess", Resource: "*" },
    ];
    await sample.create("efs/fileSystemPolicy", {
      fileSystemId: fileSystem.id,
      policy: { Version: "2012-10-17", Statement },
    });
    const withIam = { ...volume(), authorizationConfig: { iam: "ENABLED" as const } };
    const nothing = await registered(await sample.role("nothing", tasks));
    expect(() => mount(withIam, nothing, place)).toThrow(
      "mount.nfs4: access denied by server while mounting 127.0.0.1:/",
    );
    const reader = await registered(
      await sample.role("reader", tasks, ["elasticfilesystem:ClientMount", fileSystem.outputs.arn as string]),
    );
    expect(mount(withIam, reader, place)).toMatchObject({ readOnly: true, rootAccess: false });
    const writer = await registered(await sample.role("writer", tasks, ["elasticfilesystem:Client*", "*"]));
    expect(mount(withIam, writer, place)).toMatchObject({ readOnly: false, rootAccess: false });
  });
});

describe("a file system of S3 Files", () => {
  const bucketArn = "arn:aws:s3:::shop-uploads";

  async function synchronizing(): Promise<string> {
    return sample.role(
      "sync",
      "elasticfilesystem.amazonaws.com",
      [["s3:ListBucket"], bucketArn],
      [["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], `${bucketArn}/*`],
    );
  }

  it("needs versions of the bucket, and a role that may synchronize", async () => {
    const roleArn = await synchronizing();
    const make = (role: string) => sample.create("s3/filesFileSystem", { bucket: bucketArn, roleArn: role });
    await expect(make(roleArn)).rejects.toThrow("The specified bucket does not exist: shop-uploads");
    const bucket = await sample.create("s3/bucket", { bucket: "shop-uploads" });
    expect(bucket.outputs).toMatchObject({
      arn: bucketArn,
      bucketRegionalDomainName: "shop-uploads.s3.eu-central-1.amazonaws.com",
    });
    await expect(make(roleArn)).rejects.toThrow("Versioning must be enabled on the bucket shop-uploads");
    await sample.create("s3/bucketVersioning", {
      bucket: "shop-uploads",
      versioningConfiguration: { status: "Enabled" },
    });
    await expect(make(await sample.role("stranger", tasks))).rejects.toThrow("not able to assume the role");
    await expect(make(await sample.role("weak", "elasticfilesystem.amazonaws.com"))).rejects.toThrow(
      "not authorized to perform: s3:ListBucket",
    );
    const { id, outputs } = await make(roleArn);
    expect(outputs.arn).toBe(`arn:aws:s3files:${region}:${account}:file-system/${id}`);
    await expect(sample.delete("s3/bucket", bucket)).rejects.toThrow("BucketNotEmpty");
  });

  it("is mounted with the task role's rights, by the access point that they name", async () => {
    const roleArn = await synchronizing();
    await sample.create("s3/bucket", { bucket: "shop-uploads" });
    await sample.create("s3/bucketVersioning", {
      bucket: "shop-uploads",
      versioningConfiguration: { status: "Enabled" },
    });
    const fileSystem = await sample.create("s3/filesFileSystem", { bucket: bucketArn, roleArn });
    const subnetId = network.subnets[0].id;
    const target = await sample.create("s3/filesMountTarget", {
      fileSystemId: fileSystem.id,
      subnetId,
      securityGroups: [nfs.id],
    });
    expect(target.outputs).toMatchObject({ ipv4Address: "10.0.0.4", vpcId: network.vpc.id, status: "available" });
    const point = await sample.create("s3/filesAccessPoint", {
      fileSystemId: fileSystem.id,
      posixUsers: [{ uid: 33, gid: 33 }],
      rootDirectories: [
        { path: "/uploads", creationPermissions: [{ ownerUid: 33, ownerGid: 33, permissions: "0755" }] },
      ],
    });
    const Statement = [
      {
        Effect: "Allow",
        Action: ["s3files:ClientMount", "s3files:ClientWrite"],
        Resource: fileSystem.outputs.arn as string,
        Condition: { StringEquals: { "s3files:AccessPointArn": point.outputs.arn as string } },
      },
    ];
    const task = await sample.role("task", tasks);
    await sample.create("iam/rolePolicy", {
      name: "files",
      role: "task",
      policy: { Version: "2012-10-17", Statement },
    });
    const definition = await registered(task);
    const volume: S3FilesVolume = { fileSystemArn: fileSystem.outputs.arn as string, rootDirectory: "/" };
    expect(() => mount(volume, definition, place)).toThrow("access denied by server");
    expect(mount({ ...volume, accessPointArn: point.outputs.arn as string }, definition, place)).toEqual({
      fileSystemId: fileSystem.id,
      path: "/uploads",
      posixUser: { uid: 33, gid: 33, secondaryGids: [] },
      creation: { uid: 33, gid: 33, permissions: "0755" },
      readOnly: false,
      rootAccess: false,
    });
  });
});
