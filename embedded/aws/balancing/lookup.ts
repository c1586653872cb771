import type { PlainMap } from "../../core/value.ts";
import type { Vault } from "../../daemon/vault.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import type { Certificate, Listener, ListenerAction, LoadBalancer, TargetGroup } from "./model.ts";

export function loadBalancers(store: Store): LoadBalancer[] {
  return store.all(types.loadBalancer).map(([arn, outputs]) => ({
    loadBalancerArn: arn,
    type: outputs.loadBalancerType as LoadBalancer["type"],
    address: outputs.dnsName as string,
    vpcId: outputs.vpcId as string,
    subnets: outputs.subnets as string[],
    securityGroups: outputs.securityGroups as string[],
    idleTimeout: (outputs.idleTimeout ?? 60) as number,
    dropInvalidHeaderFields: outputs.dropInvalidHeaderFields === true,
    preserveHostHeader: outputs.preserveHostHeader === true,
    xffHeaderProcessingMode: (outputs.xffHeaderProcessingMode ?? "append") as LoadBalancer["xffHeaderProcessingMode"],
    crossZone: outputs.loadBalancerType === "application" || outputs.enableCrossZoneLoadBalancing === true,
  }));
}

/** What each input adds to answers. */
const responseHeaders: Readonly<Record<string, string>> = {
  routingHttpResponseAccessControlAllowCredentialsHeaderValue: "Access-Control-Allow-Credentials",
  routingHttpResponseAccessControlAllowHeadersHeaderValue: "Access-Control-Allow-Headers",
  routingHttpResponseAccessControlAllowMethodsHeaderValue: "Access-Control-Allow-Methods",
  routingHttpResponseAccessControlAllowOriginHeaderValue: "Access-Control-Allow-Origin",
  routingHttpResponseAccessControlExposeHeadersHeaderValue: "Access-Control-Expose-Headers",
  routingHttpResponseAccessControlMaxAgeHeaderValue: "Access-Control-Max-Age",
  routingHttpResponseContentSecurityPolicyHeaderValue: "Content-Security-Policy",
  routingHttpResponseStrictTransportSecurityHeaderValue: "Strict-Transport-Security",
  routingHttpResponseXContentTypeOptionsHeaderValue: "X-Content-Type-Options",
  routingHttpResponseXFrameOptionsHeaderValue: "X-Frame-Options",
};

export function listeners(store: Store, loadBalancerArn: string): Listener[] {
  return store
    .all(types.listener)
    .filter(([, outputs]) => outputs.loadBalancerArn === loadBalancerArn)
    .map(([arn, outputs]) => ({
      listenerArn: arn,
      loadBalancerArn,
      port: outputs.port as number,
      protocol: outputs.protocol as Listener["protocol"],
      ...(outputs.certificateArn ? { certificateArn: outputs.certificateArn as string } : {}),
      ...(outputs.sslPolicy ? { sslPolicy: outputs.sslPolicy as string } : {}),
      action: actionOf((outputs.defaultActions as PlainMap[])[0] as PlainMap),
      responseHeaders: Object.fromEntries(
        Object.entries(responseHeaders).flatMap(([key, header]) =>
          outputs[key] ? [[header, outputs[key] as string]] : [],
        ),
      ),
      serverHeader: outputs.routingHttpResponseServerEnabled !== false,
    }));
}

function actionOf({ type, targetGroupArn, forward, redirect, fixedResponse }: PlainMap): ListenerAction {
  if (type === "redirect") {
    const { host, path, port, protocol, query, statusCode } = redirect as Record<string, string>;
    return {
      type: "redirect",
      host: host ?? "#{host}",
      path: path ?? "/#{path}",
      port: port ?? "#{port}",
      protocol: protocol ?? "#{protocol}",
      query: query ?? "#{query}",
      statusCode: statusCode as "HTTP_301" | "HTTP_302",
    };
  }
  if (type === "fixed-response") {
    const { contentType = "", messageBody = "", statusCode = "200" } = fixedResponse as Record<string, string>;
    return { type: "fixed-response", contentType, messageBody, statusCode };
  }
  const groups = ((forward as PlainMap | undefined)?.targetGroups ?? [{ arn: targetGroupArn }]) as PlainMap[];
  return {
    type: "forward",
    targetGroups: groups.map(({ arn, weight }) => ({ targetGroupArn: arn as string, weight: (weight ?? 1) as number })),
  };
}

export function targetGroup(store: Store, arn: string): TargetGroup | undefined {
  const outputs = store.get(types.targetGroup, arn);
  if (outputs === undefined) return undefined;
  const check = outputs.healthCheck as PlainMap;
  const stickiness = outputs.stickiness as PlainMap;
  const port = check.port as string;
  return {
    targetGroupArn: arn,
    targetGroupName: outputs.name as string,
    targetType: outputs.targetType as TargetGroup["targetType"],
    protocol: outputs.protocol as TargetGroup["protocol"],
    port: outputs.port as number,
    vpcId: outputs.vpcId as string,
    deregistrationDelay: outputs.deregistrationDelay as number,
    slowStart: (outputs.slowStart ?? 0) as number,
    connectionTermination: outputs.connectionTermination === true,
    preserveClientIp: outputs.preserveClientIp === "true",
    proxyProtocolV2: outputs.proxyProtocolV2 === true,
    algorithm: (outputs.loadBalancingAlgorithmType ?? "round_robin") as TargetGroup["algorithm"],
    ...(stickiness.enabled === true
      ? {
          stickiness: {
            type: stickiness.type as string,
            duration: stickiness.cookieDuration as number,
            ...(stickiness.cookieName ? { cookieName: stickiness.cookieName as string } : {}),
          },
        }
      : {}),
    healthCheck: {
      enabled: check.enabled === true,
      protocol: check.protocol as TargetGroup["healthCheck"]["protocol"],
      port: port === "traffic-port" ? port : Number(port),
      path: (check.path ?? "/") as string,
      matcher: (check.matcher ?? "200") as string,
      interval: check.interval as number,
      timeout: check.timeout as number,
      healthyThreshold: check.healthyThreshold as number,
      unhealthyThreshold: check.unhealthyThreshold as number,
    },
  };
}

export function certificate(store: Store, vault: Vault, arn: string): Certificate | undefined {
  const outputs = store.get(types.certificate, arn);
  const key = vault.get(arn);
  if (outputs === undefined || key === undefined) return undefined;
  return {
    certificate: outputs.certificateBody as string,
    chain: (outputs.certificateChain ?? "") as string,
    privateKey: key.toString(),
  };
}
