import { speechOf } from "../endpoint.ts";
import type { OpenedPort } from "../openPorts.ts";

/** Whether a load balancer passes requests on (ALB), or connections (NLB). */
export type BalancerKind = "application" | "network";

/** What a load balancer does at one of its ports. */
export interface ListenerPlan {
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS" | "TCP";
  /** Undefined for one that sends visitors to HTTPS. */
  readonly to: OpenedPort | undefined;
}

/** How a load balancer finds out whether a target serves. */
export type HealthCheckProtocol = "HTTP" | "HTTPS" | "TCP";

/** Requests are passed on where every port that is open speaks HTTP by convention; connections otherwise, untouched. */
export function kindFor(ports: readonly OpenedPort[]): BalancerKind {
  return ports.every(({ target }) => speechOf(target) === "http") ? "application" : "network";
}

/** @param tls whether a certificate is there, by which the load balancer itself ends TLS */
export function listenersFor(kind: BalancerKind, ports: readonly OpenedPort[], tls: boolean): ListenerPlan[] {
  const sorted = [...ports].sort((a, b) => a.port - b.port);
  if (kind === "network") return sorted.map((to) => ({ port: to.port, protocol: "TCP", to }));
  if (!tls) return sorted.map((to) => ({ port: to.port, protocol: "HTTP", to }));
  const plain = sorted.find(({ port }) => port === 80);
  const secure = sorted.filter(({ port }) => port !== 80);
  const main = secure.some(({ port }) => port === 443) || plain === undefined ? [] : [{ ...plain, port: 443 }];
  return [
    { port: 80, protocol: "HTTP" as const, to: undefined },
    ...[...main, ...secure].map((to) => ({ port: to.port, protocol: "HTTPS" as const, to })),
  ];
}

/** @param guess whether a port may be taken to speak what it does by convention */
export function healthCheckOf(kind: BalancerKind, target: number, guess: boolean): HealthCheckProtocol {
  if (kind === "application") return "HTTP";
  const speech = guess ? speechOf(target) : "any";
  return speech === "any" ? "TCP" : speech === "https" ? "HTTPS" : "HTTP";
}
