import type { PlainMap } from "../../core/value.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import type { ServiceConnect, ServiceSpec } from "./service.ts";
import type { LaunchType } from "./taskDefinition.ts";

/** What the outputs of a service's resource say, as the runtime is told it. */
export function specOf(outputs: PlainMap): ServiceSpec {
  const network = outputs.networkConfiguration as PlainMap | undefined;
  const breaker = (outputs.deploymentCircuitBreaker ?? {}) as PlainMap;
  const connect = outputs.serviceConnectConfiguration as PlainMap | undefined;
  const { propagateTags } = outputs;
  return {
    serviceArn: outputs.arn as string,
    serviceName: outputs.name as string,
    clusterArn: outputs.cluster as string,
    taskDefinition: outputs.taskDefinitionArn as string,
    desiredCount: outputs.desiredCount as number,
    launchType: outputs.launchType as LaunchType,
    platformVersion: outputs.platformVersion as string,
    ...(network ? { network: networkOf(network) } : {}),
    loadBalancers: ((outputs.loadBalancers ?? []) as PlainMap[]).map((each) => ({
      targetGroupArn: each.targetGroupArn as string,
      containerName: each.containerName as string,
      containerPort: each.containerPort as number,
    })),
    ...(connect?.enabled === true ? { serviceConnect: connectOf(connect, outputs.namespaceArn as string) } : {}),
    healthCheckGracePeriod: (outputs.healthCheckGracePeriodSeconds ?? 0) as number,
    minimumHealthyPercent: outputs.deploymentMinimumHealthyPercent as number,
    maximumPercent: outputs.deploymentMaximumPercent as number,
    circuitBreaker: { enable: breaker.enable === true, rollback: breaker.rollback === true },
    availabilityZoneRebalancing: outputs.availabilityZoneRebalancing === "ENABLED",
    ...(propagateTags === "SERVICE" || propagateTags === "TASK_DEFINITION" ? { propagateTags } : {}),
    tags: (outputs.tagsAll ?? {}) as Record<string, string>,
    createdAt: outputs.createdAt as number,
  };
}

export function networkOf(given: PlainMap) {
  return {
    subnets: given.subnets as string[],
    securityGroups: (given.securityGroups ?? []) as string[],
    assignPublicIp: given.assignPublicIp === true,
  };
}

/** What a service offers under which names: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts.html */
function connectOf(given: PlainMap, namespace: string): ServiceConnect {
  const logs = given.logConfiguration as PlainMap | undefined;
  return {
    namespace,
    services: ((given.services ?? []) as PlainMap[]).map((service) => {
      const portName = service.portName as string;
      const discoveryName = (service.discoveryName ?? portName) as string;
      const { idleTimeoutSeconds, perRequestTimeoutSeconds } = (service.timeout ?? {}) as PlainMap;
      return {
        portName,
        discoveryName,
        clientAliases: ((service.clientAlias ?? []) as PlainMap[]).map(({ dnsName, port }) => ({
          dnsName: (dnsName ?? discoveryName) as string,
          port: port as number,
        })),
        ...(service.ingressPortOverride === undefined
          ? {}
          : { ingressPortOverride: service.ingressPortOverride as number }),
        ...(idleTimeoutSeconds === undefined ? {} : { idleTimeout: idleTimeoutSeconds as number }),
        ...(perRequestTimeoutSeconds === undefined ? {} : { perRequestTimeout: perRequestTimeoutSeconds as number }),
      };
    }),
    ...(logs
      ? {
          logConfiguration: {
            logDriver: logs.logDriver as string,
            options: (logs.options ?? {}) as Record<string, string>,
          },
        }
      : {}),
  };
}

export function specs(store: Store): ServiceSpec[] {
  return store.all(types.service).map(([, outputs]) => specOf(outputs));
}
