import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import * as pulumi from "@pulumi/pulumi";

/** Where tasks, file systems and the load balancer are. */
export interface Placement {
  readonly vpcId: pulumi.Input<string>;
  /** In different availability zones. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Whether tasks get public addresses, by which they pull their images where no NAT gateway or endpoints are. */
  readonly publicIp: boolean;
  /** Resources that must exist before anything in it reaches the internet. */
  readonly ready: readonly pulumi.Resource[];
}

export interface NetworkArgs {
  /** Availability zones, at least two for a load balancer: `["eu-central-1a", "eu-central-1b"]`. */
  zones: readonly string[];
}

/**
 * A small network of an app's own: a public subnet a zone, and no NAT gateway, which would cost more than a small app's tasks.
 * What lets nobody in are the security groups.
 */
export class Network extends pulumi.ComponentResource implements Placement {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: readonly pulumi.Output<string>[];
  readonly publicIp = true;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    const { zones } = args;
    super("retrofit:aws:Network", name, { zones }, opts);

    // What it is called in AWS's lists.
    const tags = { Name: `${name}-${pulumi.getStack()}` };
    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock: "10.0.0.0/16", enableDnsSupport: true, enableDnsHostnames: true, tags },
      { parent: this },
    );
    const gateway = new InternetGateway(`${name}-gateway`, { vpcId: vpc.id, tags }, { parent: this });
    const table = new RouteTable(`${name}-routes`, { vpcId: vpc.id, tags }, { parent: this });
    const route = new Route(
      `${name}-outside`,
      { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
      { parent: this },
    );
    const subnets = zones.map((availabilityZone, number) => ({
      zone: availabilityZone,
      subnet: new Subnet(
        `${name}-${availabilityZone}`,
        { vpcId: vpc.id, availabilityZone, cidrBlock: `10.0.${16 * number}.0/20`, tags },
        { parent: this },
      ),
    }));
    const associations = subnets.map(
      ({ zone, subnet }) =>
        new RouteTableAssociation(
          `${name}-${zone}-routes`,
          { subnetId: subnet.id, routeTableId: table.id },
          { parent: this },
        ),
    );

    this.vpcId = vpc.id;
    this.subnetIds = subnets.map(({ subnet }) => subnet.id);
    this.ready = [route, ...associations];
    this.registerOutputs({ vpcId: this.vpcId, subnetIds: this.subnetIds });
  }
}
