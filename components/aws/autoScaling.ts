import { Policy } from "@pulumi/aws/appautoscaling/policy.js";
import { Target } from "@pulumi/aws/appautoscaling/target.js";
import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../userError.ts";

/** How many tasks of a service run. */
export interface Scaling {
  /** @default 1 */
  readonly min?: number;
  /** More than `min`: their number follows the load. @default min */
  readonly max?: number;
  /** Percent of a task's CPU that is aimed at. @default 60, where the number follows the load and `requests` is not given */
  readonly cpu?: number;
  /** Requests a minute and task that are aimed at, of those that come through the load balancer. @default not regarded */
  readonly requests?: number;
}

export interface AutoScalingArgs {
  clusterName: pulumi.Input<string>;
  /** Name of the service in the cluster. */
  serviceName: string;
  scaling: Scaling;
  /** What the load balancer counts requests for the service under. @default none */
  resourceLabel?: pulumi.Input<string>;
  /** The service. */
  service: pulumi.Resource;
}

/** Lets the number of a service's tasks follow its load: up within a minute or two, down after some. */
export class AutoScaling extends pulumi.ComponentResource {
  constructor(name: string, args: AutoScalingArgs, opts?: pulumi.ComponentResourceOptions) {
    const { clusterName, serviceName, scaling, resourceLabel, service } = args;
    const { min, max, cpu, requests } = rangeOf(scaling);
    super("retrofit:aws:AutoScaling", name, { serviceName, min, max }, opts);

    const target = new Target(
      `${name}-tasks`,
      {
        minCapacity: min,
        maxCapacity: max,
        resourceId: pulumi.interpolate`service/${clusterName}/${serviceName}`,
        scalableDimension: "ecs:service:DesiredCount",
        serviceNamespace: "ecs",
      },
      { parent: this, dependsOn: [service] },
    );
    const follow = (suffix: string, targetValue: number, metric: string, label?: pulumi.Input<string>) =>
      new Policy(
        `${name}-${suffix}`,
        {
          policyType: "TargetTrackingScaling",
          resourceId: target.resourceId,
          scalableDimension: target.scalableDimension,
          serviceNamespace: target.serviceNamespace,
          targetTrackingScalingPolicyConfiguration: {
            targetValue,
            predefinedMetricSpecification: { predefinedMetricType: metric, resourceLabel: label },
            scaleOutCooldown: 60,
            scaleInCooldown: 300,
          },
        },
        { parent: this },
      );
    if (cpu !== undefined) follow("cpu", cpu, "ECSServiceAverageCPUUtilization");
    if (requests !== undefined) follow("requests", requests, "ALBRequestCountPerTarget", resourceLabel);
    this.registerOutputs({ min, max });
  }
}

/** The same with the defaults. */
export function rangeOf({ min = 1, max = min, cpu, requests }: Scaling) {
  return { min, max, cpu: cpu ?? (max > min && requests === undefined ? 60 : undefined), requests };
}

/** What is wrong with it: no range, or a load that is not followed. @param where what is told of: `scaling.web` */
export function scalingProblems(where: string, scaling: Scaling): Problem[] {
  const { min, max, cpu, requests } = rangeOf(scaling);
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, mend: string) => problems.push({ where: `${where}.${key}`, what, mend });
  if (!Number.isInteger(min) || min < 1) wrong("min", `${min} is not a whole number above 0`, "Give at least 1");
  if (!Number.isInteger(max) || max < min)
    wrong("max", `${max} is not a whole number from ${min} on`, "Give at least min");
  if (cpu !== undefined && !(cpu >= 1 && cpu <= 100)) wrong("cpu", `${cpu} is no percentage`, "Give 1 to 100");
  if (requests !== undefined && !(requests > 0)) wrong("requests", `${requests} is not above 0`, "Give at least 1");
  for (const key of ["cpu", "requests"] as const) {
    if (scaling[key] !== undefined && max === min) {
      wrong(key, `the number of tasks is ${min}, whatever the load`, "Give a max above min, or leave it out");
    }
  }
  return problems;
}
