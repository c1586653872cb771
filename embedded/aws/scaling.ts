import { setTimeout as sleep } from "node:timers/promises";
import type { PlainMap } from "../core/value.ts";
import type { ServiceMetrics } from "./ecs/service.ts";
import { serviceOf, targetGroupOfLabel } from "./resources/scaling.ts";
import type { Runtime } from "./runtime/model.ts";
import type { Store } from "./store.ts";
import { types } from "./types.ts";

/** Milliseconds between two looks, and at least; CloudWatch's alarms take some minutes. */
const [interval, shortest] = [5000, 1000];
/** Milliseconds over which a metric is taken. */
const minute = 60_000;
/** Of what is wanted: no fewer are kept until less than this is used, so that the count does not swing. */
const slack = 0.9;

/** Keeps services' counts within their bounds, and at their targets: https://docs.aws.amazon.com/autoscaling/application */
export class AutoScaling {
  readonly #store: Store;
  readonly #runtime: Runtime;
  readonly #log: (line: string) => void;
  /** When each service was last scaled out and in: milliseconds since 1970. */
  readonly #scaled = new Map<string, { out: number; in: number }>();
  /** What each service has used within the last minute. */
  readonly #used = new Map<string, (ServiceMetrics & { readonly at: number })[]>();
  readonly #end = new AbortController();
  /** How many times as fast as the cloud's its minutes pass. */
  speed = 1;

  constructor(store: Store, runtime: Runtime, log: (line: string) => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#log = log;
  }

  start(): void {
    void this.#watch();
  }

  stop(): void {
    this.#end.abort();
  }

  /** Looks at every scalable target once. */
  async look(): Promise<void> {
    for (const [, target] of this.#store.all(types.scalingTarget)) {
      await this.#scale(target).catch((error: Error) =>
        this.#log(`auto scaling of ${target.resourceId}: ${error.message}`),
      );
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.look();
      const pause = Math.max(interval / this.speed, shortest);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #scale(target: PlainMap): Promise<void> {
    const arn = serviceOf(this.#store, target.resourceId as string);
    if (arn === undefined) return;
    const { minCapacity, maxCapacity } = target as { minCapacity: number; maxCapacity: number };
    const current = this.#store.get(types.service, arn)?.desiredCount as number;
    const wanted = await this.#wanted(arn, target, current);
    const bounded = Math.min(Math.max(wanted, minCapacity), maxCapacity);
    if (bounded === current) return;
    // While a deployment is under way, as in the cloud, nothing is taken away.
    if (bounded < current && this.#runtime.serviceStatus(arn).deployments.length > 1) return;
    const before = this.#scaled.get(arn) ?? { out: 0, in: 0 };
    this.#scaled.set(arn, bounded > current ? { ...before, out: Date.now() } : { ...before, in: Date.now() });
    this.#log(`auto scaling of ${target.resourceId}: ${current} -> ${bounded}`);
    const outputs = this.#store.get(types.service, arn) as PlainMap;
    this.#store.put(types.service, arn, { ...outputs, desiredCount: bounded });
    this.#runtime.serviceChanged(arn, false);
  }

  /** The most that any policy wants: out as soon as one says so, in when all do. */
  async #wanted(arn: string, target: PlainMap, current: number): Promise<number> {
    const policies = this.#store.all(types.scalingPolicy).filter(([, each]) => each.resourceId === target.resourceId);
    if (policies.length === 0 || current === 0) return current;
    const metrics = await this.#metrics(arn);
    const suspended = (target.suspendedState ?? {}) as PlainMap;
    const counts = policies.map(([, policy]) => this.#wantedBy(policy, metrics, arn, suspended, current));
    return Math.max(...counts);
  }

  /** Of the last minute: CPU and memory on average, as they are measured of a second only. */
  async #metrics(arn: string): Promise<ServiceMetrics> {
    const period = minute / this.speed;
    const now = await this.#runtime.serviceMetrics(arn, period / 1000);
    const at = Date.now();
    const used = [...(this.#used.get(arn) ?? []), { ...now, at }].filter((each) => each.at > at - period);
    this.#used.set(arn, used);
    return { ...now, ...mean("cpu", used), ...mean("memory", used) };
  }

  #wantedBy(policy: PlainMap, metrics: ServiceMetrics, arn: string, suspended: PlainMap, current: number): number {
    const tracking = policy.targetTrackingScalingPolicyConfiguration as PlainMap;
    const value = this.#metric(tracking.predefinedMetricSpecification as PlainMap, metrics);
    if (value === undefined) return current;
    const target = tracking.targetValue as number;
    const wanted = Math.max(1, Math.ceil((current * value) / target));
    const { out, in: into } = this.#scaled.get(arn) ?? { out: 0, in: 0 };
    const since = (moment: number, cooldown: PlainMap[string] | undefined) =>
      (Date.now() - moment) * this.speed >= Number(cooldown ?? 300) * 1000;
    if (wanted > current) {
      const may = suspended.dynamicScalingOutSuspended !== true && since(out, tracking.scaleOutCooldown);
      return may ? wanted : current;
    }
    if (value > target * slack || tracking.disableScaleIn === true) return current;
    const may = suspended.dynamicScalingInSuspended !== true && since(Math.max(into, out), tracking.scaleInCooldown);
    return may ? wanted : current;
  }

  #metric(specification: PlainMap, metrics: ServiceMetrics): number | undefined {
    const { predefinedMetricType, resourceLabel } = specification;
    if (predefinedMetricType === "ECSServiceAverageCPUUtilization") return metrics.cpu;
    if (predefinedMetricType === "ECSServiceAverageMemoryUtilization") return metrics.memory;
    const group = targetGroupOfLabel(this.#store, (resourceLabel ?? "") as string);
    return group === undefined ? undefined : metrics.requestsPerTarget[group];
  }
}

function mean(key: "cpu" | "memory", used: readonly ServiceMetrics[]): Pick<ServiceMetrics, "cpu" | "memory"> {
  const known = used.flatMap((each) => each[key] ?? []);
  return known.length === 0 ? {} : { [key]: known.reduce((sum, each) => sum + each, 0) / known.length };
}
