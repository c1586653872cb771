import { Network as ComputeNetwork } from "@pulumi/gcp/compute/network.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import * as pulumi from "@pulumi/pulumi";

export interface NetworkArgs {
  /** Id of the project. */
  project: string;
  /** Region of the subnetwork. */
  region: string;
  /** Addresses of the subnetwork. @default "10.128.0.0/24" */
  cidr?: string;
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** A network of the app's own: the project's default one lets SSH and RDP in from everywhere. */
export class Network extends pulumi.ComponentResource {
  readonly networkId: pulumi.Output<string>;
  readonly subnetworkId: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:Network", name, { region: args.region }, opts);
    const { project, region, cidr = "10.128.0.0/24", ready = [] } = args;

    const network = new ComputeNetwork(
      `${name}-network`,
      { project, autoCreateSubnetworks: false, routingMode: "REGIONAL" },
      { parent: this, dependsOn: [...ready] },
    );
    const subnetwork = new Subnetwork(
      `${name}-subnetwork`,
      { project, region, network: network.id, ipCidrRange: cidr, privateIpGoogleAccess: true },
      // In another region it is another one, and no two of a network have the same addresses. The VM, which uses it, goes first.
      { parent: this, deleteBeforeReplace: true },
    );
    this.networkId = network.id;
    this.subnetworkId = subnetwork.id;
    this.registerOutputs({ networkId: this.networkId, subnetworkId: this.subnetworkId });
  }
}
