import { Address } from "@pulumi/gcp/compute/address.js";
import { Instance } from "@pulumi/gcp/compute/instance.js";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, UserError } from "../../userError.ts";
import { slug } from "../names.ts";
import { regionOf } from "./dataDisk.ts";
import { dataDiskName } from "./releaseVolumes.ts";
import { userData } from "./userData.ts";

export interface ContainerVmArgs {
  /** Id of the project. */
  project: string;
  /** Zone, such as `us-east1-b`. */
  zone: string;
  /** Name of the app, as a label. */
  app: string;
  /** Text of the release document, without secrets: everybody who may see the VM may read it. */
  release: pulumi.Input<string>;
  subnetwork: pulumi.Input<string>;
  /** Tag that the firewall's rules are for. */
  tag: string;
  /** The account that the app is. */
  serviceAccount: pulumi.Input<string>;
  /** Disk for the app's volumes. @default none */
  dataDisk?: pulumi.Input<string>;
  /** During a release the old and the new containers run beside each other: choose the memory accordingly. @default "e2-medium" */
  machineType?: string;
  /**
   * Image or image family of Container-Optimized OS. With the default a running VM keeps the one that it began with, and a
   * new VM takes the newest; with an image given, another one replaces the VM.
   * @default "projects/cos-cloud/global/images/family/cos-stable"
   */
  osImage?: string;
  /** GB of the boot disk, which holds the images too. @default 10 */
  bootDiskSize?: number;
  /** @default "pd-standard" */
  bootDiskType?: string;
  /** @default "STANDARD" */
  networkTier?: "STANDARD" | "PREMIUM";
  /** Resources that must exist before it boots, such as the account's rights. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** A VM with Container-Optimized OS that runs the release which its metadata name, at an address that it keeps. */
export class ContainerVm extends pulumi.ComponentResource {
  /** IPv4 address, which stays when the VM is replaced. */
  readonly address: pulumi.Output<string>;
  readonly instanceName: pulumi.Output<string>;

  constructor(name: string, args: ContainerVmArgs, opts?: pulumi.ComponentResourceOptions) {
    const { project, zone, machineType, osImage, bootDiskSize, bootDiskType, networkTier } = checkedVm(name, args);
    super("retrofit:gcp:ContainerVm", name, { zone, machineType, networkTier }, opts);

    const address = new Address(
      `${name}-address`,
      { project, region: regionOf(zone), addressType: "EXTERNAL", networkTier },
      { parent: this, dependsOn: [...(args.ready ?? [])] },
    );
    const instance = new Instance(
      `${name}-instance`,
      {
        project,
        zone,
        machineType,
        // A changed machine type or account stops it and starts it again.
        allowStoppingForUpdate: true,
        bootDisk: {
          autoDelete: true,
          initializeParams: { image: osImage ?? newestImage, size: bootDiskSize, type: bootDiskType },
        },
        attachedDisks:
          args.dataDisk === undefined ? [] : [{ source: args.dataDisk, deviceName: dataDiskName, mode: "READ_WRITE" }],
        networkInterfaces: [{ subnetwork: args.subnetwork, accessConfigs: [{ natIp: address.address, networkTier }] }],
        canIpForward: false,
        tags: [args.tag],
        labels: { app: slug(args.app).slice(0, 63), stack: slug(pulumi.getStack()).slice(0, 63) },
        // What it may do is said by roles. Secret Manager answers to no narrower scope.
        serviceAccount: { email: args.serviceAccount, scopes: ["cloud-platform"] },
        shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
        scheduling: { automaticRestart: true, onHostMaintenance: "MIGRATE" },
        metadata: {
          "user-data": userData(),
          "retrofit-release": args.release,
          "enable-guest-attributes": "TRUE",
          "enable-oslogin": "TRUE",
          "block-project-ssh-keys": "TRUE",
          "serial-port-enable": "FALSE",
          "google-logging-enabled": "true",
          "google-monitoring-enabled": "true",
        },
      },
      {
        parent: this,
        dependsOn: [...(args.ready ?? [])],
        // Two cannot have the same address and disk.
        deleteBeforeReplace: true,
        ignoreChanges: osImage === undefined ? ["bootDisk.initializeParams.image"] : [],
      },
    );
    this.address = address.address;
    this.instanceName = instance.name;
    this.registerOutputs({ address: this.address, instanceName: this.instanceName });
  }
}

const newestImage = "projects/cos-cloud/global/images/family/cos-stable";

/** The arguments with their defaults. @throws UserError */
export function checkedVm<T extends Partial<ContainerVmArgs> & { zone: string }>(name: string, args: T) {
  const { bootDiskSize = 10, networkTier = "STANDARD", machineType = "e2-medium", bootDiskType = "pd-standard" } = args;
  const problems: Problem[] = [];
  if (!/^[a-z]+-[a-z]+\d+-[a-z]$/.test(args.zone)) {
    problems.push({ where: `${name}.zone`, what: `"${args.zone}" is no zone`, mend: "Give one such as us-east1-b" });
  }
  // The size of Container-Optimized OS's own image.
  if (!Number.isInteger(bootDiskSize) || bootDiskSize < 10) {
    problems.push({
      where: `${name}.bootDiskSize`,
      what: `${bootDiskSize} GB cannot hold the system`,
      mend: "Give at least 10",
    });
  }
  if (networkTier !== "STANDARD" && networkTier !== "PREMIUM") {
    problems.push({
      where: `${name}.networkTier`,
      what: `"${networkTier}" is no network tier`,
      mend: "Give STANDARD or PREMIUM",
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  return { ...args, bootDiskSize, networkTier, machineType, bootDiskType };
}
