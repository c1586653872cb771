import { randomUUID } from "node:crypto";
import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { stable } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf } from "./common.ts";
import type { Kind } from "./kind.ts";

const key = ({ serviceNamespace, resourceId, scalableDimension }: PlainMap) =>
  `${serviceNamespace}/${resourceId}/${scalableDimension}`;

export const scalingTarget: Kind = {
  type: types.scalingTarget,
  api: "Application Auto Scaling",
  noun: "Target",
  operations: {
    creating: "RegisterScalableTarget",
    updating: "RegisterScalableTarget",
    deleting: "DeregisterScalableTarget",
  },
  id: ({ resourceId }) => resourceId as string,
  key,
  outputs(inputs, scope) {
    const { resourceId, minCapacity, maxCapacity } = inputs;
    if (!/^service\/[^/]+\/[^/]+$/.test(resourceId as string))
      throw invalid(`Unsupported resource ID: ${resourceId}. It must be service/<cluster>/<service>.`);
    if (serviceOf(scope.cloud.store, resourceId as string) === undefined)
      throw invalid(`ECS service doesn't exist: ${resourceId}`);
    if (Number(minCapacity) > Number(maxCapacity))
      throw invalid("Maximum capacity cannot be less than minimum capacity");
    const { account } = scope.place;
    return {
      suspendedState: {
        dynamicScalingInSuspended: false,
        dynamicScalingOutSuspended: false,
        scheduledScalingSuspended: false,
      },
      roleArn: `arn:aws:iam::${account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
      ...common(inputs, scope),
      arn: arnOf("application-autoscaling", inputs, scope, `scalable-target/0ec5${stable(resourceId as string, 32)}`),
    };
  },
  async deleted(_id, outputs, { cloud: { store } }) {
    for (const [policy, each] of store.all(types.scalingPolicy))
      if (key(each) === key(outputs)) store.remove(types.scalingPolicy, policy);
  },
};

export const scalingPolicy: Kind = {
  type: types.scalingPolicy,
  api: "Application Auto Scaling",
  noun: "Scaling Policy",
  operations: { creating: "PutScalingPolicy", updating: "PutScalingPolicy" },
  id: ({ name }) => name as string,
  key: (outputs) => `${key(outputs)}/${outputs.name}`,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    if (!store.get(types.scalingTarget, key(inputs))) {
      throw new AwsError(
        "ObjectNotFoundException",
        `No scalable target registered for service namespace: ecs, resource ID: ${inputs.resourceId}, scalable dimension: ${inputs.scalableDimension}`,
      );
    }
    const tracking = inputs.targetTrackingScalingPolicyConfiguration as PlainMap | undefined;
    const metric = tracking?.predefinedMetricSpecification as PlainMap | undefined;
    if (metric === undefined)
      throw invalid("targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification must be given");
    const requests = metric.predefinedMetricType === "ALBRequestCountPerTarget";
    const group = targetGroupOfLabel(store, (metric.resourceLabel ?? "") as string);
    if (requests && group === undefined) {
      throw invalid(
        "The resource label must be app/<load balancer>/<id>/targetgroup/<target group>/<id> of existing ones",
      );
    }
    if (!requests && metric.resourceLabel !== undefined)
      throw invalid("A resource label is for ALBRequestCountPerTarget only");
    const id = (before?.arn as string | undefined)?.split(":")[6] ?? randomUUID();
    const suffix = `resource/${inputs.serviceNamespace}/${inputs.resourceId}:policyName/${inputs.name}`;
    return {
      alarmArns: [],
      ...inputs,
      region: homeOf(inputs, scope).region,
      arn: arnOf("autoscaling", inputs, scope, `scalingPolicy:${id}:${suffix}`),
    };
  },
};

/** ARN of the service of `service/<cluster>/<name>`. */
export function serviceOf(store: Store, resourceId: string): string | undefined {
  const [, cluster, name] = resourceId.split("/");
  return store.all(types.service).find(([arn]) => arn.endsWith(`:service/${cluster}/${name}`))?.[0];
}

/** ARN of the target group of `app/<load balancer>/<id>/targetgroup/<name>/<id>`. */
export function targetGroupOfLabel(store: Store, label: string): string | undefined {
  const match = /^(app\/[^/]+\/[^/]+)\/(targetgroup\/[^/]+\/[^/]+)$/.exec(label);
  if (!match) return undefined;
  const balancer = store.all(types.loadBalancer).some(([, { arnSuffix }]) => arnSuffix === match[1]);
  const group = store.all(types.targetGroup).find(([, { arnSuffix }]) => arnSuffix === match[2]);
  return balancer ? group?.[0] : undefined;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
