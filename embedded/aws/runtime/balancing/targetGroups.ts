import { EventEmitter } from "node:events";
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { TargetGroup, TargetHealth } from "../../balancing/model.ts";
import type { Endpoint, Surroundings } from "../model.ts";
import { choose } from "./choose.ts";
import { draining, failed, type Health, initial, judged, timedOut, unused } from "./health.ts";
import { probe } from "./probe.ts";
import type { Backend } from "./relay.ts";
import { Rate, Traffic } from "./traffic.ts";

/** What is registered. */
export interface Registration {
  readonly taskArn: string;
  /** Address or instance, as the API shows it. */
  readonly id: string;
  /** Where it is reached. */
  readonly host: string;
  readonly port: number;
  /** As security groups see it. */
  readonly endpoint: Endpoint;
  /** Its checks are to fail, on demand. */
  readonly neverHealthy: boolean;
}

export interface Target extends Registration, Backend {
  readonly agent: Agent;
  health: Health;
  draining: boolean;
  readonly end: AbortController;
}

/** The targets of all target groups, and what is found of their health. Emits when a state changes. */
export class TargetGroups extends EventEmitter<{ change: [targetGroupArn: string] }> {
  readonly #surroundings: Surroundings;
  /** Load balancers that send to a target group, as security groups see them. */
  readonly #sources: (targetGroupArn: string) => readonly Endpoint[];
  readonly #targets = new Map<string, Map<string, Target>>();
  readonly #rates = new Map<string, Rate>();
  readonly #turns = new Map<string, number>();

  constructor(surroundings: Surroundings, sources: (targetGroupArn: string) => readonly Endpoint[]) {
    super();
    this.#surroundings = surroundings;
    this.#sources = sources;
  }

  /** Does nothing where the task is registered. */
  register(targetGroupArn: string, registration: Registration): boolean {
    const group = this.#targets.get(targetGroupArn) ?? new Map<string, Target>();
    this.#targets.set(targetGroupArn, group);
    if (group.has(registration.taskArn)) return false;
    const { protocol } = this.#surroundings.targetGroup(targetGroupArn) ?? {};
    const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
    const target: Target = {
      ...registration,
      traffic: new Traffic(),
      // A load balancer does not look at its targets' certificates.
      agent: protocol === "HTTPS" ? new TlsAgent({ ...options, rejectUnauthorized: false }) : new Agent(options),
      health: initial,
      draining: false,
      end: new AbortController(),
    };
    group.set(registration.taskArn, target);
    void this.#watch(targetGroupArn, target);
    return true;
  }

  /** Target groups in which a task is. */
  groupsOf(taskArn: string): string[] {
    return [...this.#targets].flatMap(([arn, group]) => (group.get(taskArn)?.draining === false ? [arn] : []));
  }

  /** Takes a task out of all of them. @param wait whether for what is under way, as long as the deregistration delay */
  async deregister(taskArn: string, wait: boolean): Promise<void> {
    await Promise.all(
      this.groupsOf(taskArn).map((arn) => {
        const target = this.#targets.get(arn)?.get(taskArn);
        return target && this.#drain(arn, target, wait);
      }),
    );
  }

  /** States of a task's targets; `unused` ones count as healthy, as nobody would ever find them so. */
  stateOf(targetGroupArn: string, taskArn: string): Health["state"] | undefined {
    const target = this.#targets.get(targetGroupArn)?.get(taskArn);
    if (target === undefined || target.draining) return undefined;
    return this.#sources(targetGroupArn).length === 0 ? "healthy" : target.health.state;
  }

  health(targetGroupArn: string): readonly TargetHealth[] {
    const used = this.#sources(targetGroupArn).length > 0;
    return this.#of(targetGroupArn).map((target): TargetHealth => {
      const { state, reason, description } = target.health;
      const found = { state, ...(reason ? { reason } : {}), ...(description ? { description } : {}) };
      return { id: target.id, port: target.port, ...(target.draining ? draining : used ? found : unused) };
    });
  }

  /**
   * The next target for a request; all are asked where none is healthy, as load balancers do.
   * @param preferred task of an earlier request that is to be answered by the same
   */
  choose(targetGroupArn: string, tried: ReadonlySet<Target>, preferred?: string): Target | undefined {
    const group = this.#surroundings.targetGroup(targetGroupArn);
    const live = this.#of(targetGroupArn).filter((target) => !target.draining && !tried.has(target));
    const healthy = live.filter(({ health }) => health.state === "healthy");
    const candidates = healthy.length > 0 ? healthy : live;
    const turn = this.#turns.get(targetGroupArn) ?? 0;
    this.#turns.set(targetGroupArn, turn + 1);
    return candidates.find(({ taskArn }) => taskArn === preferred) ?? choose(candidates, group?.algorithm, turn);
  }

  /** Whether anything is registered. */
  isEmpty(targetGroupArn: string): boolean {
    return this.#of(targetGroupArn).every((target) => target.draining);
  }

  /** Whether one of the load balancers that send to a group may reach a target. */
  reaches(targetGroupArn: string, { endpoint, port }: Pick<Target, "endpoint" | "port">): boolean {
    return this.#sources(targetGroupArn).some((source) => this.#surroundings.allows(source, endpoint, port, "tcp"));
  }

  count(targetGroupArn: string): void {
    const rate = this.#rates.get(targetGroupArn) ?? new Rate();
    this.#rates.set(targetGroupArn, rate);
    rate.add();
  }

  /** Requests of the last seconds, 60 at most, for each healthy target. */
  requestsPerTarget(targetGroupArn: string, seconds = 60): number {
    const healthy = this.#of(targetGroupArn).filter(({ health }) => health.state === "healthy").length;
    return (this.#rates.get(targetGroupArn)?.within(seconds) ?? 0) / Math.max(healthy, 1);
  }

  close(): void {
    for (const group of this.#targets.values()) for (const target of group.values()) this.#drop(target);
  }

  #of(targetGroupArn: string): Target[] {
    return [...(this.#targets.get(targetGroupArn)?.values() ?? [])];
  }

  async #drain(targetGroupArn: string, target: Target, wait: boolean): Promise<void> {
    target.draining = true;
    this.emit("change", targetGroupArn);
    const group = this.#surroundings.targetGroup(targetGroupArn);
    // It is over as soon as nothing is under way: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    if (wait) await target.traffic.ended((group?.deregistrationDelay ?? 0) * 1000);
    if (group?.connectionTermination) target.traffic.cut();
    this.#drop(target);
    this.#targets.get(targetGroupArn)?.delete(target.taskArn);
    this.emit("change", targetGroupArn);
  }

  #drop(target: Target): void {
    target.end.abort();
    target.agent.destroy();
  }

  async #watch(targetGroupArn: string, target: Target): Promise<void> {
    const { signal } = target.end;
    while (!signal.aborted) {
      const group = this.#surroundings.targetGroup(targetGroupArn);
      if (group === undefined) return;
      const pause = this.#sources(targetGroupArn).length === 0 ? 1 : group.healthCheck.interval;
      if (this.#sources(targetGroupArn).length > 0) await this.#check(targetGroupArn, group, target);
      await sleep(pause * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #check(targetGroupArn: string, group: TargetGroup, target: Target): Promise<void> {
    const { healthCheck } = group;
    const port = healthCheck.port === "traffic-port" ? target.port : healthCheck.port;
    const finding = target.neverHealthy
      ? failed
      : !healthCheck.enabled
        ? ({ ok: true } as const)
        : this.reaches(targetGroupArn, { endpoint: target.endpoint, port })
          ? await probe(healthCheck, target.host, target.port)
          : timedOut; // what a security group drops is not refused
    const before = target.health;
    target.health = judged(before, finding, healthCheck);
    if (target.health.state !== before.state) this.emit("change", targetGroupArn);
  }
}
