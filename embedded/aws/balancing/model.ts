export interface LoadBalancer {
  readonly loadBalancerArn: string;
  readonly type: "application" | "network";
  /** Address on this machine at which its listeners answer, each at its own port: also its DNS name. */
  readonly address: string;
  readonly vpcId: string;
  readonly subnets: readonly string[];
  /** Empty for a network load balancer without any: that lets everything in. */
  readonly securityGroups: readonly string[];
  /** Seconds. */
  readonly idleTimeout: number;
  readonly dropInvalidHeaderFields: boolean;
  readonly preserveHostHeader: boolean;
  readonly xffHeaderProcessingMode: "append" | "preserve" | "remove";
  readonly crossZone: boolean;
}

export interface Listener {
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP";
  readonly certificateArn?: string;
  readonly sslPolicy?: string;
  readonly action: ListenerAction;
  /** Added to each answer: `Strict-Transport-Security`, ... */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Whether answers keep `Server`. */
  readonly serverHeader: boolean;
}

export type ListenerAction =
  | {
      readonly type: "forward";
      readonly targetGroups: readonly { readonly targetGroupArn: string; readonly weight: number }[];
    }
  | {
      readonly type: "redirect";
      /** May hold `#{host}`, `#{path}`, `#{port}`, `#{protocol}`, `#{query}`. */
      readonly host: string;
      readonly path: string;
      readonly port: string;
      readonly protocol: string;
      readonly query: string;
      readonly statusCode: "HTTP_301" | "HTTP_302";
    }
  | {
      readonly type: "fixed-response";
      readonly contentType: string;
      readonly messageBody: string;
      readonly statusCode: string;
    };

export interface TargetGroup {
  readonly targetGroupArn: string;
  readonly targetGroupName: string;
  readonly targetType: "ip" | "instance" | "alb" | "lambda";
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP";
  readonly port: number;
  readonly vpcId: string;
  /** Seconds. */
  readonly deregistrationDelay: number;
  /** Seconds; 0 = none. */
  readonly slowStart: number;
  /** Whether connections end when the delay is over. */
  readonly connectionTermination: boolean;
  readonly preserveClientIp: boolean;
  readonly proxyProtocolV2: boolean;
  readonly algorithm: "round_robin" | "least_outstanding_requests" | "weighted_random";
  /** Seconds that a client stays with its target; absent = no stickiness. */
  readonly stickiness?: { readonly type: string; readonly duration: number; readonly cookieName?: string };
  readonly healthCheck: {
    readonly enabled: boolean;
    readonly protocol: "HTTP" | "HTTPS" | "TCP";
    /** Number, or that of the traffic. */
    readonly port: number | "traffic-port";
    readonly path: string;
    /** Codes that mean health: `200`, `200-299`, `200,302`. */
    readonly matcher: string;
    /** Seconds. */
    readonly interval: number;
    readonly timeout: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
}

/** PEM texts. */
export interface Certificate {
  readonly certificate: string;
  readonly chain: string;
  readonly privateKey: string;
}

export interface TargetHealth {
  /** Address or instance. */
  readonly id: string;
  readonly port: number;
  readonly state: "initial" | "healthy" | "unhealthy" | "draining" | "unused";
  /** `Target.FailedHealthChecks`, `Target.Timeout`, `Target.ResponseCodeMismatch`, ... */
  readonly reason?: string;
  readonly description?: string;
}
