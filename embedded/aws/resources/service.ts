import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { checkPlacement, invalid } from "../ecs/placement.ts";
import { networkOf } from "../ecs/spec.ts";
import type { LaunchType, TaskDefinition } from "../ecs/taskDefinition.ts";
import { arn, type Home, now } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf } from "./common.ts";
import type { Kind, ResourceCloud, Scope } from "./kind.ts";
import { serviceConnectNamespace } from "./serviceConnect.ts";
import { listenersOf } from "./targetGroup.ts";
import { neededDefinition } from "./taskDefinition.ts";

export const service: Kind = {
  type: types.service,
  api: "ECS",
  noun: "Service",
  operations: { updating: "UpdateService" },
  id: ({ arn: own }) => own as string,
  imported: (id, { cloud: { store } }) =>
    store.all(types.service).find(([each]) => each.endsWith(`:service/${id}`))?.[0] ?? id,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const cluster = clusterOf(store, (inputs.cluster ?? before?.cluster ?? "default") as string, homeOf(inputs, scope));
    const clusterName = cluster.slice(cluster.lastIndexOf("/") + 1);
    const launchType = (inputs.launchType ?? "EC2") as LaunchType;
    const own = arnOf("ecs", inputs, scope, `service/${clusterName}/${inputs.name}`);
    if (before === undefined && store.get(types.service, own)) throw invalid("Creation of service was not idempotent.");
    if (inputs.taskDefinition === undefined) throw new AwsError("ClientException", "TaskDefinition can not be blank.");
    const unchanged = before !== undefined && before.taskDefinition === inputs.taskDefinition;
    const definition = neededDefinition(store, inputs.taskDefinition as string);
    // A service goes on with a definition that is inactive by now.
    checkService(store, inputs, unchanged ? { ...definition, status: "ACTIVE" } : definition, launchType);
    const namespaceArn = serviceConnectNamespace(store, inputs, definition, own);
    return {
      availabilityZoneRebalancing: "ENABLED",
      iamRole: "",
      desiredCount: 0,
      ...common(inputs, scope),
      platformVersion: launchType === "FARGATE" ? ((inputs.platformVersion ?? "LATEST") as string) : "",
      triggers: (inputs.triggers ?? {}) as PlainMap,
      cluster,
      launchType,
      arn: own,
      id: own,
      // What the runtime needs, and no output of the provider's.
      taskDefinitionArn: definition.taskDefinitionArn,
      ...(namespaceArn === undefined ? {} : { namespaceArn }),
      createdAt: before?.createdAt ?? now(),
    };
  },
  async created(own, outputs, scope) {
    scope.cloud.runtime.serviceChanged(own, false);
    await steady(own, outputs, scope, "create");
    return undefined;
  },
  async updated(own, outputs, before, scope) {
    const { forceNewDeployment, triggers } = outputs;
    const force = forceNewDeployment === true && JSON.stringify(triggers) !== JSON.stringify(before.triggers);
    scope.cloud.runtime.serviceChanged(
      own,
      force || (forceNewDeployment === true && before.forceNewDeployment !== true),
    );
    await steady(own, outputs, scope, "update");
  },
  deleting: (own, _outputs, { cloud }) => cloud.runtime.serviceRemoved(own),
};

function checkService(store: Store, inputs: PlainMap, definition: TaskDefinition, launchType: LaunchType): void {
  const network = inputs.networkConfiguration as PlainMap | undefined;
  checkPlacement(store, definition, launchType, network && networkOf(network));
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(inputs.name as string))
    throw invalid(
      "Unable to create a service with an invalid name: up to 255 letters, digits, underscores and hyphens are allowed.",
    );
  if (
    launchType === "FARGATE" &&
    !["LATEST", "1.4.0", undefined].includes(inputs.platformVersion as string | undefined)
  ) {
    throw new AwsError("PlatformUnknownException", "The platform version could not be resolved.");
  }
  const least = inputs.deploymentMinimumHealthyPercent as number;
  const most = inputs.deploymentMaximumPercent as number;
  if (least < 0 || most > 200 || most < least || (most === 100 && least === 100)) {
    throw invalid(
      "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments, and maximumPercent must not be below minimumHealthyPercent or above 200.",
    );
  }
  const balancers = (inputs.loadBalancers ?? []) as PlainMap[];
  if (inputs.healthCheckGracePeriodSeconds !== undefined && balancers.length === 0) {
    throw invalid("Health check grace period is only valid for services configured to use load balancers");
  }
  for (const balancer of balancers) checkBalancer(store, balancer, definition);
}

function checkBalancer(
  store: Store,
  { targetGroupArn, containerName, containerPort }: PlainMap,
  definition: TaskDefinition,
): void {
  const group = store.get(types.targetGroup, (targetGroupArn ?? "") as string);
  if (group === undefined) throw invalid(`The specified target group does not exist: ${targetGroupArn}`);
  if (listenersOf(store, targetGroupArn as string).length === 0) {
    throw invalid(`The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`);
  }
  const container = definition.containerDefinitions.find(({ name }) => name === containerName);
  if (container === undefined) throw invalid(`The container ${containerName} does not exist in the task definition.`);
  if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort)) {
    throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
  const wanted = definition.networkMode === "awsvpc" ? "ip" : "instance";
  if (group.targetType !== wanted) {
    throw invalid(
      `The provided target group ${targetGroupArn} has target type ${group.targetType}, which is incompatible with the ${definition.networkMode} network mode specified in the task definition.`,
    );
  }
}

/** ARN of a cluster that is named, or is it already. @throws {AwsError} where there is none */
export function clusterOf(store: Store, reference: string, home: Home): string {
  const wanted = reference.startsWith("arn:") ? reference : arn("ecs", home, `cluster/${reference}`);
  if (store.get(types.cluster, wanted)) return wanted;
  throw new AwsError("ClusterNotFoundException", "Cluster not found.");
}

/** Waits, where that is asked for, until nothing but the wanted tasks of one deployment runs. */
async function steady(own: string, outputs: PlainMap, { cloud, call }: Scope, doing: string): Promise<void> {
  if (outputs.waitForSteadyState !== true) return;
  const deadline = Date.now() + 20 * 60_000;
  while (!isSteady(cloud, own)) {
    call.signal.throwIfAborted();
    if (Date.now() > deadline)
      throw new Error(`waiting for ECS Service (${own}) ${doing}: timeout while waiting for state to become 'STABLE'`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function isSteady({ runtime, store }: ResourceCloud, own: string): boolean {
  const { deployments, runningCount } = runtime.serviceStatus(own);
  const desired = store.get(types.service, own)?.desiredCount;
  return deployments.length === 1 && deployments[0]?.rolloutState !== "IN_PROGRESS" && runningCount === desired;
}

/** Services that use a namespace. */
export function namespaceUsers(store: Store, namespaceArn: string): string[] {
  return store.all(types.service).flatMap(([own, outputs]) => (outputs.namespaceArn === namespaceArn ? [own] : []));
}
