import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { hex } from "../names.ts";
import { neededVpc } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, patiently } from "./common.ts";
import type { Kind } from "./kind.ts";

export const targetGroup: Kind = {
  type: types.targetGroup,
  api: "ELBv2",
  noun: "Target Group",
  id: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    for (const key of ["port", "protocol", "vpcId"]) {
      if (inputs[key] === undefined)
        throw new AwsError("ValidationError", `A ${key === "vpcId" ? "VPC ID" : key} must be specified`);
    }
    neededVpc(store, inputs.vpcId as string);
    if (store.all(types.targetGroup).some(([, each]) => each.name === inputs.name && each.arn !== before?.arn)) {
      throw new AwsError(
        "DuplicateTargetGroupName",
        `A target group with the same name '${inputs.name}' exists, but with different settings`,
      );
    }
    const http = /^HTTPS?$/.test(inputs.protocol as string);
    const suffix = before?.arnSuffix ?? `targetgroup/${inputs.name}/${hex(16)}`;
    const arn = arnOf("elasticloadbalancing", inputs, scope, suffix as string);
    return {
      ipAddressType: "ipv4",
      ...(http ? { loadBalancingAlgorithmType: "round_robin", protocolVersion: "HTTP1" } : {}),
      loadBalancingCrossZoneEnabled: "use_load_balancer_configuration",
      preserveClientIp: http ? "" : String(inputs.targetType === "instance" || /UDP/.test(inputs.protocol as string)),
      ...common(inputs, scope),
      healthCheck: healthCheck((inputs.healthCheck ?? {}) as PlainMap, http),
      stickiness: stickiness((inputs.stickiness ?? {}) as PlainMap, http),
      arn,
      arnSuffix: suffix,
      loadBalancerArns: balancersOf(store, arn),
    };
  },
  created: async (_id, _outputs, { cloud }) => {
    await cloud.runtime.balancingChanged();
    return undefined;
  },
  updated: (_id, _outputs, _before, { cloud }) => cloud.runtime.balancingChanged(),
  live: async (id, outputs, { cloud }) => ({ ...outputs, loadBalancerArns: balancersOf(cloud.store, id) }),
  deleting: (id, _outputs, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (listenersOf(store, id).length > 0) {
        throw new AwsError("ResourceInUse", `Target group '${id}' is currently in use by a listener or a rule`);
      }
    }),
  deleted: (_id, _outputs, { cloud }) => cloud.runtime.balancingChanged(),
};

/** With the defaults that ELB itself has for a protocol. @throws AwsError */
function healthCheck(inputs: PlainMap, http: boolean): PlainMap {
  // The provider says HTTP where the program says nothing, of groups of connections too: ELB takes TCP there.
  const protocol = http || inputs.protocol !== undefined ? ((inputs.protocol ?? "HTTP") as string) : "TCP";
  if (http && protocol === "TCP")
    throw new AwsError(
      "ValidationError",
      "Health check protocol 'TCP' is not supported for target groups with the protocol HTTP or HTTPS",
    );
  const checked = {
    enabled: true,
    healthyThreshold: http ? 5 : 3,
    interval: 30,
    port: "traffic-port",
    unhealthyThreshold: http ? 2 : 3,
    timeout: protocol === "TCP" ? 10 : http ? 5 : 6,
    ...(protocol === "TCP" ? {} : { matcher: http ? "200" : "200-399", path: "/" }),
    ...inputs,
    protocol,
  };
  if (protocol === "TCP" && (inputs.path !== undefined || inputs.matcher !== undefined)) {
    throw new AwsError(
      "ValidationError",
      "Health check path and matcher are not supported for health checks with the protocol TCP",
    );
  }
  if (Number(checked.timeout) >= Number(checked.interval)) {
    throw new AwsError(
      "ValidationError",
      `Health check timeout '${checked.timeout}' must be smaller than the interval '${checked.interval}'`,
    );
  }
  return checked;
}

function stickiness(inputs: PlainMap, http: boolean): PlainMap {
  const type = (inputs.type ?? (http ? "lb_cookie" : "source_ip")) as string;
  if (/cookie/.test(type) !== http)
    throw new AwsError(
      "InvalidConfigurationRequest",
      `Stickiness type '${type}' is not supported for target groups with this protocol`,
    );
  return { cookieDuration: 86400, cookieName: "", enabled: inputs.type !== undefined, ...inputs, type };
}

/** Listeners that forward to a target group. */
export function listenersOf(store: Store, targetGroupArn: string): PlainMap[] {
  return store
    .all(types.listener)
    .map(([, listener]) => listener)
    .filter((listener) => targetsOf(listener).includes(targetGroupArn));
}

/** Target groups that a listener's actions name. */
export function targetsOf(listener: PlainMap): string[] {
  return ((listener.defaultActions ?? []) as PlainMap[]).flatMap(({ targetGroupArn, forward }) => [
    ...(targetGroupArn ? [targetGroupArn as string] : []),
    ...(((forward as PlainMap | undefined)?.targetGroups ?? []) as PlainMap[]).map(({ arn }) => arn as string),
  ]);
}

function balancersOf(store: Store, targetGroupArn: string): string[] {
  return [
    ...new Set(listenersOf(store, targetGroupArn).map(({ loadBalancerArn }) => loadBalancerArn as string)),
  ].sort();
}
