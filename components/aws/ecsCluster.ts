import { Cluster } from "@pulumi/aws/ecs/cluster.js";
import { HttpNamespace } from "@pulumi/aws/servicediscovery/httpNamespace.js";
import * as pulumi from "@pulumi/pulumi";
import { arnOf, type Place } from "./place.ts";

export interface EcsClusterArgs extends Place {
  /** Name of a cluster that exists. @default a new one */
  existing?: string;
  /** Whether services find each other by name, as those on Fargate do. */
  names: boolean;
}

/** Where tasks run, and the names under which an app's services find each other. */
export class EcsCluster extends pulumi.ComponentResource {
  readonly clusterName: pulumi.Output<string>;
  readonly clusterArn: pulumi.Output<string>;
  /** ARN of the namespace, of this app alone whatever else runs in the cluster. */
  readonly namespaceArn: pulumi.Output<string> | undefined;

  constructor(name: string, args: EcsClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:EcsCluster", name, {}, opts);
    const { existing, names } = args;

    const cluster = existing === undefined ? new Cluster(`${name}-ecs`, {}, { parent: this }) : undefined;
    this.clusterName = cluster?.name ?? pulumi.output(existing as string);
    this.clusterArn = cluster?.arn ?? pulumi.output(arnOf("ecs", args, `cluster/${existing}`));
    this.namespaceArn = names ? new HttpNamespace(`${name}-names`, {}, { parent: this }).arn : undefined;
    this.registerOutputs({ clusterName: this.clusterName });
  }
}
