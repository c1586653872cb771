import type { ServiceSpec, ServiceStatus } from "../ecs/service.ts";
import type { Task } from "../ecs/task.ts";
import type { TaskDefinition } from "../ecs/taskDefinition.ts";

interface Tag {
  readonly key: string;
  readonly value: string;
}

export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** A service as DescribeServices shows it. */
export function serviceView(spec: ServiceSpec, status: ServiceStatus, include: readonly string[]): object {
  const networkConfiguration = networkView(spec);
  const { circuitBreaker, maximumPercent, minimumHealthyPercent } = spec;
  return {
    serviceArn: spec.serviceArn,
    serviceName: spec.serviceName,
    clusterArn: spec.clusterArn,
    loadBalancers: spec.loadBalancers,
    serviceRegistries: [],
    status: status.status,
    desiredCount: spec.desiredCount,
    runningCount: status.runningCount,
    pendingCount: status.pendingCount,
    launchType: spec.launchType,
    ...(spec.launchType === "FARGATE" ? { platformVersion: spec.platformVersion, platformFamily: "Linux" } : {}),
    taskDefinition: spec.taskDefinition,
    deploymentConfiguration: {
      deploymentCircuitBreaker: circuitBreaker,
      maximumPercent,
      minimumHealthyPercent,
      strategy: "ROLLING",
      bakeTimeInMinutes: 0,
    },
    deployments: status.deployments.map((deployment) => ({
      ...deployment,
      ...networkConfiguration,
      ...(deployment.status === "PRIMARY" ? connectView(spec) : {}),
    })),
    roleArn: `arn:aws:iam::${spec.serviceArn.split(":")[4]}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    events: status.events,
    createdAt: spec.createdAt,
    placementConstraints: [],
    placementStrategy: [],
    ...networkConfiguration,
    ...(spec.loadBalancers.length > 0 ? { healthCheckGracePeriodSeconds: spec.healthCheckGracePeriod } : {}),
    schedulingStrategy: "REPLICA",
    deploymentController: { type: "ECS" },
    enableECSManagedTags: false,
    propagateTags: spec.propagateTags ?? "NONE",
    enableExecuteCommand: false,
    availabilityZoneRebalancing: spec.availabilityZoneRebalancing ? "ENABLED" : "DISABLED",
    ...(include.includes("TAGS") ? { tags: tagList(spec.tags) } : {}),
  };
}

function networkView({ network }: ServiceSpec): object {
  if (network === undefined) return {};
  const { subnets, securityGroups, assignPublicIp } = network;
  return {
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED" },
    },
  };
}

function connectView({ serviceConnect }: ServiceSpec): object {
  if (serviceConnect === undefined) return {};
  const { namespace, services, logConfiguration } = serviceConnect;
  return {
    serviceConnectConfiguration: {
      enabled: true,
      namespace,
      services: services.map(({ idleTimeout, perRequestTimeout, ...rest }) => ({
        ...rest,
        ...(idleTimeout === undefined && perRequestTimeout === undefined
          ? {}
          : { timeout: { idleTimeoutSeconds: idleTimeout, perRequestTimeoutSeconds: perRequestTimeout } }),
      })),
      ...(logConfiguration ? { logConfiguration } : {}),
    },
  };
}

/** A task as DescribeTasks shows it. */
export function taskView({ tags, ...task }: Task, include: readonly string[]): object {
  return { ...task, inferenceAccelerators: [], ...(include.includes("TAGS") ? { tags } : { tags: [] }) };
}

/** A definition as DescribeTaskDefinition shows it. */
export function definitionView({ tags: _tags, ...definition }: TaskDefinition): object {
  return definition;
}
