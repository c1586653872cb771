import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { hex } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common } from "./common.ts";
import type { Kind } from "./kind.ts";
import { targetsOf } from "./targetGroup.ts";

export const listener: Kind = {
  type: types.listener,
  api: "ELBv2",
  noun: "Listener",
  id: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const balancer = store.get(types.loadBalancer, inputs.loadBalancerArn as string);
    if (balancer === undefined)
      throw new AwsError("LoadBalancerNotFound", `Load balancer '${inputs.loadBalancerArn}' not found`);
    const application = balancer.loadBalancerType === "application";
    const { port } = inputs;
    if (port === undefined) throw new AwsError("ValidationError", "A listener port must be specified");
    const protocol = (inputs.protocol ?? (port === 443 ? "HTTPS" : "HTTP")) as string;
    if (/^HTTPS?$/.test(protocol) !== application) {
      throw new AwsError(
        "ValidationError",
        `Listener protocol '${protocol}' is not supported for the load balancer type '${balancer.loadBalancerType}'`,
      );
    }
    const other = store
      .all(types.listener)
      .find(
        ([, each]) => each.arn !== before?.arn && each.loadBalancerArn === inputs.loadBalancerArn && each.port === port,
      );
    if (other) throw new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
    checkCertificate(store, protocol, inputs.certificateArn as string | undefined);
    checkActions(store, inputs.defaultActions as PlainMap[], protocol, balancer.vpcId as string);
    const tail = String(balancer.arnSuffix);
    const secure = /^(HTTPS|TLS)$/.test(protocol);
    return {
      ...(secure ? { sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" } : { sslPolicy: "" }),
      ...(application ? { routingHttpResponseServerEnabled: true } : { tcpIdleTimeoutSeconds: 350 }),
      ...common(inputs, scope),
      protocol,
      defaultActions: (inputs.defaultActions as PlainMap[]).map((action, index) => ({ order: index + 1, ...action })),
      arn: before?.arn ?? arnOf("elasticloadbalancing", inputs, scope, `listener/${tail}/${hex(16)}`),
    };
  },
  created: async (_id, _outputs, { cloud }) => {
    await cloud.runtime.balancingChanged();
    return undefined;
  },
  updated: (_id, _outputs, _before, { cloud }) => cloud.runtime.balancingChanged(),
  deleted: (_id, _outputs, { cloud }) => cloud.runtime.balancingChanged(),
};

function checkCertificate(store: Store, protocol: string, certificateArn: string | undefined): void {
  const secure = /^(HTTPS|TLS)$/.test(protocol);
  if (secure && certificateArn === undefined)
    throw new AwsError("ValidationError", "A certificate must be specified for HTTPS listeners");
  if (!secure && certificateArn !== undefined)
    throw new AwsError("ValidationError", `A certificate cannot be specified for ${protocol} listeners`);
  if (certificateArn !== undefined && !store.get(types.certificate, certificateArn)) {
    throw new AwsError("CertificateNotFound", `Certificate '${certificateArn}' not found`);
  }
}

function checkActions(store: Store, actions: readonly PlainMap[], protocol: string, vpcId: string): void {
  const [action] = actions;
  if (action === undefined || actions.length > 1)
    throw new AwsError(
      "ValidationError",
      "Exactly one default action must be specified here: what comes before a forward is not imitated",
    );
  const given = ["targetGroupArn", "forward"].filter((key) => action[key] !== undefined);
  const forward = action.type === "forward";
  if (forward !== given.length > 0)
    throw new AwsError(
      "ValidationError",
      `A target group ARN must be specified with, and only with, the action forward`,
    );
  if ((action.type === "redirect") !== (action.redirect !== undefined))
    throw new AwsError("ValidationError", "A redirect must be specified with, and only with, the action redirect");
  if ((action.type === "fixed-response") !== (action.fixedResponse !== undefined)) {
    throw new AwsError(
      "ValidationError",
      "A fixed response must be specified with, and only with, the action fixed-response",
    );
  }
  const http = /^HTTPS?$/.test(protocol);
  if (!http && !forward)
    throw new AwsError(
      "InvalidLoadBalancerAction",
      `The action '${action.type}' is not supported for ${protocol} listeners`,
    );
  checkRedirect(action.redirect as PlainMap | undefined);
  for (const arn of targetsOf({ defaultActions: [action] })) {
    const group = store.get(types.targetGroup, arn);
    if (group === undefined) throw new AwsError("TargetGroupNotFound", `Target groups '${arn}' not found`);
    if (group.vpcId !== vpcId)
      throw new AwsError(
        "InvalidConfigurationRequest",
        `The target group '${arn}' is in a different VPC than the load balancer`,
      );
    if (/^HTTPS?$/.test(group.protocol as string) !== http) {
      throw new AwsError(
        "InvalidConfigurationRequest",
        `${protocol} listeners cannot forward to the ${group.protocol} target group '${arn}'`,
      );
    }
  }
}

/** A redirect to itself is none. */
function checkRedirect(redirect: PlainMap | undefined): void {
  if (redirect === undefined) return;
  const { protocol, port, host, path } = redirect;
  if (protocol === "#{protocol}" && port === "#{port}" && host === "#{host}" && path === "/#{path}") {
    throw new AwsError(
      "InvalidLoadBalancerAction",
      "The redirect must change the protocol, the port, the host or the path",
    );
  }
}
