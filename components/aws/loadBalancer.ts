import { Certificate as ImportedCertificate } from "@pulumi/aws/acm/certificate.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer as ElasticLoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../endpoint.ts";
import { distinctName } from "../names.ts";
import type { OpenedPort } from "../openPorts.ts";
import { groupResource } from "./firewall.ts";
import { type BalancerKind, healthCheckOf, kindFor, type ListenerPlan, listenersFor } from "./listeners.ts";
import type { Placement } from "./network.ts";

/** By which the load balancer ends TLS: one of Certificate Manager, or a pair in PEM that is put there. */
export type Certificate =
  | { readonly arn: string }
  | {
      readonly body: pulumi.Input<string>;
      /** Secret. */
      readonly privateKey: pulumi.Input<string>;
      readonly chain?: pulumi.Input<string>;
    };

export interface LoadBalancerArgs {
  placement: Placement;
  /** Group of the tasks. */
  tasks: pulumi.Input<string>;
  /** Ports that are open to the world; at least one, TCP only. */
  ports: readonly OpenedPort[];
  /** What a target is: a task with an address of its own, or a port of a machine that many share. */
  targetType: "ip" | "instance";
  /** @default none: the containers end TLS, or nobody does */
  certificate?: Certificate;
  /** Pass connections on, whatever they speak. @default only where a port does not speak HTTP by convention */
  passConnections?: boolean;
  /** Name under which visitors come, which you point at the load balancer's. @default the load balancer's own */
  domain?: string;
  /** Name of a bucket for access logs, which must let the load balancer write. @default none */
  accessLogBucket?: string;
}

/** A container's port behind the load balancer. */
export interface Target {
  readonly service: string;
  /** Port in the container. */
  readonly port: number;
  readonly targetGroupArn: pulumi.Output<string>;
  /** What requests for it are counted under; undefined where connections are passed on. */
  readonly resourceLabel: pulumi.Output<string> | undefined;
}

/**
 * Seconds in which a target that leaves may finish what it is at: most requests are over by then, and uploads; where nothing is
 * open it leaves at once.
 */
const drainTime = 30;

/** TLS 1.2 and 1.3, ciphers with forward secrecy only, and key exchange that later computers cannot undo. */
const securityPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09";

/**
 * Where visitors come in. Checkov's CKV_AWS_131 and, with a certificate, 2 and 103 hold. Left out: CKV_AWS_150 (protection against
 * deletion: nothing is lost with it, and `destroy` would fail) and, without a bucket, CKV_AWS_91 (access logs).
 */
export class LoadBalancer extends pulumi.ComponentResource {
  readonly targets: readonly Target[];
  /** Known once it is there. */
  readonly endpoints: pulumi.Output<Endpoint[]>;
  /** Resources that must exist before a service is put behind it. */
  readonly ready: readonly pulumi.Resource[];

  readonly #name: string;
  readonly #args: LoadBalancerArgs;
  readonly #kind: BalancerKind;

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { ports, certificate, passConnections = false, placement, domain } = args;
    super("retrofit:aws:LoadBalancer", name, { ports }, opts);
    this.#name = name;
    this.#args = args;
    this.#kind = passConnections ? "network" : kindFor(ports);

    const listeners = listenersFor(this.#kind, ports, certificate !== undefined);
    const group = this.#createGroup(listeners);
    const balancer = this.#createBalancer(group);
    this.targets = targetsOf(ports).map((port) => this.#createTarget(port, balancer));
    const certificateArn = this.#certificateArn();
    this.ready = listeners.map(
      ({ port, protocol, to }) =>
        new Listener(
          `${name}-${port}`,
          {
            loadBalancerArn: balancer.arn,
            port,
            protocol,
            ...(protocol === "HTTPS" && { certificateArn, sslPolicy: securityPolicy }),
            defaultActions: [
              to === undefined
                ? {
                    type: "redirect",
                    redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" },
                  }
                : { type: "forward", targetGroupArn: this.#targetGroupOf(to) },
            ],
          },
          { parent: this, dependsOn: [...placement.ready] },
        ),
    );
    this.endpoints = balancer.dnsName.apply((dnsName) => endpointsOf(listeners, domain ?? dnsName));
    this.registerOutputs({ dnsName: balancer.dnsName });
  }

  #createGroup(listeners: readonly ListenerPlan[]): SecurityGroup {
    const { placement, tasks, ports } = this.#args;
    const group = new SecurityGroup(
      groupResource(`${this.#name}-visitors`),
      { vpcId: placement.vpcId, description: "Load balancer" },
      { parent: this },
    );
    const tcp = (port: number) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });
    for (const { port } of listeners) {
      new SecurityGroupIngressRule(
        `${this.#name}-${port}-in`,
        { securityGroupId: group.id, ...tcp(port), cidrIpv4: "0.0.0.0/0" },
        { parent: this },
      );
    }
    for (const port of this.#reachedPorts(ports)) {
      new SecurityGroupEgressRule(
        `${this.#name}-${port}-out`,
        { securityGroupId: group.id, ...tcp(port), referencedSecurityGroupId: tasks },
        { parent: this },
      );
      new SecurityGroupIngressRule(
        `${this.#name}-${port}-tasks`,
        { securityGroupId: tasks, ...tcp(port), referencedSecurityGroupId: group.id },
        { parent: this },
      );
    }
    return group;
  }

  /** Ports at which targets answer: the container's own, or the machine's. */
  #reachedPorts(ports: readonly OpenedPort[]): number[] {
    const reached = ports.map(({ port, target }) => (this.#args.targetType === "ip" ? target : port));
    return [...new Set(reached)].sort((a, b) => a - b);
  }

  #createBalancer(group: SecurityGroup): ElasticLoadBalancer {
    const { placement, accessLogBucket } = this.#args;
    return new ElasticLoadBalancer(
      `${this.#name}-elb`,
      {
        // A name of Pulumi's would be too long for many an app, and one that begins with "internal-" is refused.
        name: distinctName(`${this.#name}-${pulumi.getStack()}-${this.#kind}`, 32).replace(/^internal-/, "internal"),
        loadBalancerType: this.#kind,
        subnets: [...placement.subnetIds],
        securityGroups: [group.id],
        ...(this.#kind === "application" && { dropInvalidHeaderFields: true }),
        ...(accessLogBucket !== undefined && { accessLogs: { bucket: accessLogBucket, enabled: true } }),
      },
      { parent: this, dependsOn: [...placement.ready] },
    );
  }

  #createTarget({ service, target: port }: OpenedPort, balancer: ElasticLoadBalancer): Target {
    const { placement, targetType, passConnections = false } = this.#args;
    const protocol = this.#kind === "application" ? "HTTP" : "TCP";
    const check = healthCheckOf(this.#kind, port, !passConnections);
    const child = `${this.#name}-${service}-${port}`;
    const group = new TargetGroup(
      child,
      {
        // Of another name where it would be replaced: two of one name cannot be there at once.
        name: distinctName(`${child}-${pulumi.getStack()}-${protocol}-${targetType}`, 32),
        vpcId: placement.vpcId,
        port,
        protocol,
        targetType,
        deregistrationDelay: drainTime,
        // The visitor's address is the one that the container sees.
        ...(protocol === "TCP" && { preserveClientIp: "true" }),
        healthCheck: {
          protocol: check,
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
          // What is not there is answered, too.
          ...(check !== "TCP" && { path: "/", matcher: "200-499" }),
        },
      },
      { parent: this },
    );
    return {
      service,
      port,
      targetGroupArn: group.arn,
      resourceLabel:
        this.#kind === "application" ? pulumi.interpolate`${balancer.arnSuffix}/${group.arnSuffix}` : undefined,
    };
  }

  #targetGroupOf({ service, target }: OpenedPort): pulumi.Output<string> {
    const known = this.targets.find((each) => each.service === service && each.port === target);
    return (known as Target).targetGroupArn;
  }

  #certificateArn(): pulumi.Input<string> | undefined {
    const { certificate } = this.#args;
    if (certificate === undefined || "arn" in certificate) return certificate?.arn;
    const { body, privateKey, chain } = certificate;
    return new ImportedCertificate(
      `${this.#name}-certificate`,
      { certificateBody: body, privateKey: pulumi.secret(privateKey), certificateChain: chain },
      { parent: this },
    ).arn;
  }
}

/** Each port of a container once, however often it is published. */
function targetsOf(ports: readonly OpenedPort[]): OpenedPort[] {
  return [...new Map(ports.map((port) => [`${port.service}:${port.target}`, port])).values()];
}

function endpointsOf(listeners: readonly ListenerPlan[], host: string): Endpoint[] {
  return listeners.flatMap(({ port, protocol, to }): Endpoint[] => {
    if (to === undefined) return [];
    const scheme = protocol === "TCP" ? {} : { scheme: protocol === "HTTPS" ? ("https" as const) : ("http" as const) };
    return [{ service: to.service, host, port, target: to.target, ...scheme }];
  });
}
