import { Service } from "@pulumi/aws/ecs/service.js";
import * as pulumi from "@pulumi/pulumi";
import { fittingName } from "../names.ts";
import type { EcsCluster } from "./ecsCluster.ts";
import type { Target } from "./loadBalancer.ts";
import type { Placement } from "./network.ts";
import type { ConnectPort } from "./taskDefinition/model.ts";

export interface EcsServiceArgs {
  cluster: EcsCluster;
  /** Name in the cluster. */
  serviceName: string;
  /** ARN of the task definition. */
  taskDefinition: pulumi.Input<string>;
  /** Tasks that run; at first only where others change the number. 0 for one that is run by hand, as a job is. */
  count: number;
  /** Something else, such as auto scaling, changes the number of tasks. @default false */
  countChanges?: boolean;
  /** No two of its tasks may run at once, as of a database: the old one ends before the new one starts. @default false */
  alone?: boolean;
  /** On Fargate: where its tasks are, and the groups that say whom they may talk to. @default in the machines' own network */
  network?: { readonly placement: Placement; readonly groups: readonly pulumi.Input<string>[] };
  /** Ports under which others reach it by name. @default [] */
  connect?: readonly ConnectPort[];
  /** What of it is behind the load balancer. @default [] */
  targets?: readonly Target[];
  /** Seconds that it may take to answer the load balancer's first checks. @default 60 */
  startTime?: number;
  /** What is to be known of it in AWS. */
  tags?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Resources that must exist first. */
  ready: readonly pulumi.Input<pulumi.Resource>[];
}

/**
 * A compose service as a service of ECS: its tasks are replaced one after another, each once its successor serves. ECS goes back by
 * itself where the new ones do not come up.
 */
export class EcsService extends pulumi.ComponentResource {
  readonly serviceArn: pulumi.Output<string>;

  constructor(name: string, args: EcsServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { cluster, serviceName, count, countChanges = false, alone = false, network, targets = [] } = args;
    super("retrofit:aws:EcsService", name, { serviceName, count }, opts);
    const job = count === 0;

    const service = new Service(
      `${name}-service`,
      {
        name: serviceName,
        cluster: cluster.clusterArn,
        taskDefinition: args.taskDefinition,
        desiredCount: count,
        launchType: network === undefined ? "EC2" : "FARGATE",
        networkConfiguration: network && {
          subnets: [...network.placement.subnetIds],
          securityGroups: [...network.groups],
          assignPublicIp: network.placement.publicIp,
        },
        deploymentMinimumHealthyPercent: alone ? 0 : 100,
        deploymentMaximumPercent: alone ? 100 : 200,
        // Moving a task to another zone would start a second one.
        availabilityZoneRebalancing: alone || network === undefined ? "DISABLED" : "ENABLED",
        deploymentCircuitBreaker: { enable: !job, rollback: !job },
        loadBalancers: targets.map(({ service: containerName, port, targetGroupArn }) => ({
          containerName,
          containerPort: port,
          targetGroupArn,
        })),
        healthCheckGracePeriodSeconds: targets.length === 0 ? undefined : (args.startTime ?? 60),
        serviceConnectConfiguration: cluster.namespaceArn && {
          enabled: true,
          namespace: cluster.namespaceArn,
          services: (args.connect ?? []).flatMap(connectServices),
        },
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        tags: args.tags,
        // The program waits itself: the provider would take a release that ECS took back for one that came up.
        waitForSteadyState: false,
      },
      {
        parent: this,
        dependsOn: [...args.ready],
        // Two of one name cannot be there at once.
        deleteBeforeReplace: true,
        ignoreChanges: [...(countChanges ? ["desiredCount"] : []), ...(job ? ["tags", "tagsAll"] : [])],
      },
    );
    this.serviceArn = service.arn;
    this.registerOutputs({ serviceArn: this.serviceArn });
  }
}

/** One a name, since each may have one alias only. */
function connectServices({ portName, port, dnsNames }: ConnectPort) {
  return dnsNames.map((dnsName) => ({
    portName,
    // Cut off or with other characters in the place of dots, it could be that of another service.
    discoveryName: fittingName(`${dnsName}-${port}`, /^[a-z0-9_][a-z0-9_-]*$/, 64),
    clientAlias: [{ dnsName, port }],
  }));
}
