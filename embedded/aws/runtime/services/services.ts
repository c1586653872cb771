import type { ServiceSpec, ServiceStatus } from "../../ecs/service.ts";
import type { Task } from "../../ecs/task.ts";
import { now } from "../../names.ts";
import type { TargetGroups } from "../balancing/targetGroups.ts";
import type { ServiceConnect } from "../connect/serviceConnect.ts";
import { type Records, type Surroundings, TaskFailure } from "../model.ts";
import { isOver, type TaskRecord, taskId } from "../tasks/record.ts";
import type { Tasks } from "../tasks/tasks.ts";
import { scaled } from "../tasks/words.ts";
import { begun, broken, completed, pruned, taskFailed, taskSucceeded } from "./outcome.ts";
import { type Decision, decide } from "./plan.ts";
import { type DeploymentRecord, differs, newDeployment, type ServiceRecord, withEvents } from "./record.ts";
import { registrationOf } from "./registration.ts";
import { statusOf } from "./status.ts";
import { viewOf } from "./taskHealth.ts";

export interface ServiceMeans {
  readonly surroundings: Surroundings;
  readonly tasks: Tasks;
  readonly targets: TargetGroups;
  readonly connect: ServiceConnect;
  readonly records: Records<ServiceRecord>;
}

/** Milliseconds between two looks at a service of which nothing is heard, and after a task could not be placed. */
const [glance, placementPause] = [1000, 5000];

/** The service scheduler: keeps as many tasks of each service as it is to have, and replaces them by new ones in order. */
export class Services {
  readonly #means: ServiceMeans;
  /** Failures that have been counted: a task ends once. */
  readonly #counted = new Set<string>();
  readonly #unplaced = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #soon = false;

  constructor(means: ServiceMeans) {
    this.#means = means;
  }

  start(): void {
    const { surroundings, records, tasks } = this.#means;
    for (const { serviceArn } of surroundings.services()) if (!records.get(serviceArn)) this.changed(serviceArn, false);
    // What ended while nobody looked has been counted by the daemon that saw it, or does not matter any more.
    for (const { task } of tasks.all()) if (task.desiredStatus === "STOPPED") this.#counted.add(task.taskArn);
    this.#timer = setInterval(() => this.#turn(), glance).unref();
    this.poke();
  }

  /** Ends scheduling; tasks stay. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at all services: something has happened. */
  poke(): void {
    if (this.#soon) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      this.#turn();
    });
  }

  changed(serviceArn: string, force: boolean): void {
    const { surroundings, records } = this.#means;
    const spec = surroundings.service(serviceArn);
    if (spec === undefined) return;
    const record = records.get(serviceArn) ?? newRecord(serviceArn);
    const [primary] = record.deployments;
    if (primary === undefined || force || differs(spec, primary)) {
      records.put(serviceArn, begun(record, newDeployment(spec, this.#aliases(spec))));
    } else if (record.steady) {
      records.put(serviceArn, { ...record, steady: false });
    }
    this.poke();
  }

  /** Stops all of its tasks. Resolves when they are gone. */
  async removed(serviceArn: string): Promise<void> {
    const { records, tasks } = this.#means;
    const record = records.get(serviceArn);
    if (record === undefined) return;
    records.put(serviceArn, { ...record, status: "DRAINING" });
    const own = tasks.current().filter((task) => task.serviceArn === serviceArn);
    const [primary] = record.deployments;
    for (const { task } of own) tasks.stop(task.taskArn, "ServiceSchedulerInitiated", scaled(primary?.id ?? ""));
    await Promise.all(own.map(({ task }) => tasks.finished(task.taskArn)));
    records.remove(serviceArn);
  }

  status(serviceArn: string): ServiceStatus {
    const { surroundings, records, tasks } = this.#means;
    const own = tasks.current().filter((task) => task.serviceArn === serviceArn);
    return statusOf(records.get(serviceArn), surroundings.service(serviceArn)?.desiredCount ?? 0, own);
  }

  /** A task has changed: registers it where requests come from, and counts it when it has failed. */
  taskChanged(record: TaskRecord): void {
    const { serviceArn, task } = record;
    if (serviceArn === undefined) return;
    if (isOver(record)) this.#means.connect.forget(task.taskArn);
    // It counts as soon as it is known, or a successor would start before.
    if (["TaskFailedToStart", "EssentialContainerExited"].includes(task.stopCode ?? "")) this.#failed(serviceArn, task);
    if (task.lastStatus === "RUNNING" && task.desiredStatus === "RUNNING") this.#register(serviceArn, record);
    this.poke();
  }

  /** Says in a service's events that a task is taken out of its target groups. */
  leaving(record: TaskRecord, targetGroups: readonly string[]): void {
    if (record.serviceArn === undefined || targetGroups.length === 0) return;
    const name = nameOf(record.serviceArn);
    this.#say(record.serviceArn, [
      ...targetGroups.map((arn) => `(service ${name}) deregistered 1 targets in (target-group ${arn})`),
      `(service ${name}) has begun draining connections on 1 tasks.`,
    ]);
  }

  #turn(): void {
    if (this.#timer === undefined) return;
    for (const record of this.#means.records.all()) {
      try {
        this.#schedule(record.serviceArn);
      } catch (error) {
        this.#means.surroundings.log(`${record.serviceArn}: ${(error as Error).stack}`);
      }
    }
  }

  #schedule(serviceArn: string): void {
    const { surroundings, records } = this.#means;
    const spec = surroundings.service(serviceArn);
    const before = records.get(serviceArn);
    if (spec === undefined || before === undefined || before.status !== "ACTIVE") return;
    const views = this.#views(spec, before);
    const [primary] = before.deployments;
    const proven = views.some(({ deployment, health }) => deployment === primary?.id && health === "healthy");
    let record = proven ? taskSucceeded(before) : before;
    const decision = decide(spec, record.deployments, views, Date.now());
    if (decision.outcome === "completed") record = completed(record, spec.serviceName);
    if (decision.outcome === "failed") record = broken(record, spec.serviceName, spec.circuitBreaker.rollback);
    record = pruned(record, new Set(views.map(({ deployment }) => deployment)));
    const busy = decision.start + decision.stop.length > 0 || decision.outcome !== undefined;
    const steady = !busy && record.deployments[0]?.rolloutState === "COMPLETED" && isSteady(spec, views);
    if (steady !== record.steady) record = { ...record, steady };
    const said = `(service ${spec.serviceName}) has reached a steady state.`;
    if (steady && !before.steady && record.events[0]?.message !== said) record = withEvents(record, [said]);
    if (record !== before) records.put(serviceArn, record);
    const [now] = record.deployments;
    if (decision.outcome === "failed" && now && now.id !== primary?.id) {
      surroundings.rolledBack(serviceArn, now.taskDefinition);
    }
    if (decision.start > 0 && now) this.#start(spec, now, decision.start);
    this.#stop(spec, now?.id ?? "", decision, views);
  }

  #views(spec: ServiceSpec, { deployments }: ServiceRecord) {
    const { surroundings, tasks, targets } = this.#means;
    return tasks
      .current()
      .filter(({ serviceArn }) => serviceArn === spec.serviceArn)
      .map((record) => {
        const deployment = deployments.find(({ id }) => id === record.task.startedBy);
        return viewOf(record, {
          definition: surroundings.taskDefinition(record.task.taskDefinitionArn),
          targets: (deployment?.loadBalancers ?? []).map(({ targetGroupArn }) => ({
            targetGroupArn,
            state: targets.stateOf(targetGroupArn, record.task.taskArn),
          })),
          grace: spec.healthCheckGracePeriod,
          now: now(),
        });
      });
  }

  #start(spec: ServiceSpec, primary: DeploymentRecord, count: number): void {
    const { surroundings, tasks } = this.#means;
    const { serviceArn, serviceName, clusterArn } = spec;
    const taskDefinition = surroundings.taskDefinition(primary.taskDefinition);
    if (taskDefinition === undefined || (this.#unplaced.get(serviceArn) ?? 0) > Date.now()) return;
    const { launchType, platformVersion, network, aliases, id: startedBy } = primary;
    const tags = { SERVICE: spec.tags, TASK_DEFINITION: taskDefinition.tags };
    try {
      const started = Array.from({ length: count }, () =>
        tasks.run({
          clusterArn,
          taskDefinition,
          launchType,
          platformVersion,
          ...(network ? { network } : {}),
          overrides: { containerOverrides: [] },
          group: `service:${serviceName}`,
          startedBy,
          tags: Object.entries(spec.propagateTags ? tags[spec.propagateTags] : {}).map(([key, value]) => ({
            key,
            value,
          })),
          serviceArn,
          aliases,
        }),
      );
      this.#say(serviceArn, [`(service ${serviceName}) has started ${count} tasks: ${listed(started)}.`]);
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      this.#unplaced.set(serviceArn, Date.now() + placementPause);
      this.#say(serviceArn, [`(service ${serviceName}) was unable to place a task. Reason: ${error.message}`]);
    }
  }

  #stop(
    { serviceArn, serviceName }: ServiceSpec,
    deployment: string,
    { stop }: Decision,
    views: readonly { readonly taskArn: string; readonly deployment: string; readonly reason?: string }[],
  ): void {
    if (stop.length === 0) return;
    const { tasks } = this.#means;
    for (const { taskArn, why } of stop) {
      const { reason = "", deployment: startedBy = "" } = views.find((view) => view.taskArn === taskArn) ?? {};
      if (why === "unhealthy") {
        this.#failed(serviceArn, { taskArn, startedBy });
        const said = reason.replace(/^Task /, "");
        this.#say(serviceArn, [`(service ${serviceName}) (task ${taskId(taskArn)}) ${said}.`]);
      }
      tasks.stop(taskArn, "ServiceSchedulerInitiated", why === "unhealthy" ? reason : scaled(deployment));
    }
    this.#say(serviceArn, [`(service ${serviceName}) has stopped ${stop.length} running tasks: ${listed(stop)}.`]);
  }

  #failed(serviceArn: string, { taskArn, startedBy = "" }: Pick<Task, "taskArn" | "startedBy">): void {
    const record = this.#means.records.get(serviceArn);
    if (record === undefined || this.#counted.has(taskArn)) return;
    this.#counted.add(taskArn);
    this.#means.records.put(serviceArn, taskFailed(record, nameOf(serviceArn), startedBy, Date.now()));
  }

  #register(serviceArn: string, record: TaskRecord): void {
    const { records, targets, surroundings } = this.#means;
    const of = records.get(serviceArn)?.deployments.find(({ id }) => id === record.task.startedBy);
    const registered = (of?.loadBalancers ?? []).filter((balancer) => {
      const registration = registrationOf(surroundings, record, balancer);
      return registration !== undefined && targets.register(balancer.targetGroupArn, registration);
    });
    this.#say(
      serviceArn,
      registered.map(
        ({ targetGroupArn }) =>
          `(service ${nameOf(serviceArn)}) registered 1 targets in (target-group ${targetGroupArn})`,
      ),
    );
  }

  #say(serviceArn: string, messages: readonly string[]): void {
    const record = this.#means.records.get(serviceArn);
    if (record === undefined || messages.length === 0 || record.events[0]?.message === messages.at(-1)) return;
    this.#means.records.put(serviceArn, withEvents(record, messages));
  }

  #aliases({ serviceConnect }: ServiceSpec) {
    return serviceConnect === undefined ? [] : this.#means.connect.aliases(serviceConnect.namespace);
  }
}

function newRecord(serviceArn: string): ServiceRecord {
  return { serviceArn, status: "ACTIVE", deployments: [], events: [], steady: false };
}

function listed(tasks: readonly { readonly taskArn: string }[]): string {
  return tasks.map(({ taskArn }) => `(task ${taskId(taskArn)})`).join(" ");
}

function isSteady({ desiredCount }: ServiceSpec, views: readonly { readonly health: string }[]): boolean {
  return views.length === desiredCount && views.every(({ health }) => health === "healthy");
}

function nameOf(serviceArn: string): string {
  return taskId(serviceArn);
}
