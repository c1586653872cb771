import type Docker from "dockerode";
import { words } from "../../../daemon/containers.ts";
import type { StopCode, Task } from "../../ecs/task.ts";
import type { TaskDefinition } from "../../ecs/taskDefinition.ts";
import { now } from "../../names.ts";
import type { FileSystems } from "../files/fileSystems.ts";
import type { Images } from "../images.ts";
import { TaskFailure } from "../model.ts";
import { type ContainerMeans, TaskContainers } from "./containers.ts";
import { attached, describeContainers, healthOf } from "./describe.ts";
import { endedBy, nextSteps, type Plan } from "./order.ts";
import { prepare } from "./prepare.ts";
import { overridden, type TaskRecord, taskId } from "./record.ts";
import { Sandbox } from "./sandbox.ts";
import { essentialExited } from "./words.ts";

/** What all tasks share. */
export interface TaskMeans extends ContainerMeans {
  readonly docker: Docker;
  readonly images: Images;
  readonly files: FileSystems;
  /** Keeps what has become of a task. */
  readonly keep: (record: TaskRecord) => void;
  /** Takes a task out of whatever sends it requests; resolves when those under way are answered, or at once. */
  readonly withdraw: (record: TaskRecord, wait: boolean) => Promise<void>;
}

/** One task: brings its containers to where its definition, and what is wanted of it, would have them. */
export class TaskRun {
  readonly #means: TaskMeans;
  readonly #sandbox: Sandbox;
  readonly #definition: TaskDefinition;
  readonly #containers: TaskContainers;
  #record: TaskRecord;
  /** Whether it has been given all it needs, or has failed to. */
  #begun = false;
  #turning = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  /** Whether it still answers what was sent to it before it is stopped. */
  #draining = false;
  #finish: () => void = () => undefined;
  /** When nothing is left of it but its record. */
  readonly finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(means: TaskMeans, record: TaskRecord, definition: TaskDefinition) {
    this.#means = means;
    this.#record = record;
    this.#definition = overridden(definition, record.task);
    this.#sandbox = new Sandbox(means.docker, means.surroundings.id, taskId(record.task.taskArn));
    this.#containers = new TaskContainers(means, this.#sandbox, this.#definition, () => this.poke());
  }

  get record(): TaskRecord {
    return this.#record;
  }

  /** Starts it. Whatever goes wrong ends the task. */
  async begin(): Promise<void> {
    await this.#guarded(async () => {
      const transport = await this.#means.networks.connect(this.#record, this.#definition, this.#sandbox);
      if (transport) {
        const attachments = attached(this.#record.task.attachments, "ATTACHED", transport.privateAddress);
        this.#keep({ attachments, connectivity: "CONNECTED", connectivityAt: now() }, { transport });
      }
      this.#keep({ lastStatus: "PENDING", pullStartedAt: now() });
      await this.#prepare();
      this.#keep({ pullStoppedAt: now() });
    });
    this.#begun = true;
    this.poke();
  }

  /** Goes on with it after a restart of the daemon. */
  async resume(): Promise<void> {
    const there = await this.#containers.resume(this.#record);
    const { desiredStatus } = this.#record.task;
    if (!there && desiredStatus === "RUNNING") return this.begin();
    await this.#guarded(async () => {
      await this.#means.networks.reconnect(this.#record, this.#sandbox);
      if (this.#containers.waiting && desiredStatus === "RUNNING") await this.#prepare();
    });
    this.#begun = true;
    this.poke();
  }

  /**
   * Ends it in order.
   * @param wait whether it first answers what is under way
   */
  async stop(stopCode: StopCode, stoppedReason: string, wait: boolean): Promise<void> {
    if (this.#record.task.desiredStatus === "STOPPED") return;
    this.#draining = true;
    this.#keep({ desiredStatus: "STOPPED", lastStatus: "DEACTIVATING", stoppingAt: now(), stopCode, stoppedReason });
    await this.#means.withdraw(this.#record, wait).catch((error: unknown) => this.#log(error));
    this.#draining = false;
    if (this.#record.task.lastStatus === "DEACTIVATING") this.#keep({ lastStatus: "STOPPING" });
    this.poke();
  }

  /** Looks at it, and does what is to do: something may have happened. */
  poke(): void {
    this.#again = true;
    if (this.#turning || !this.#begun) return;
    this.#turning = true;
    void this.#turn()
      .catch((error: unknown) => this.#log(error))
      .finally(() => {
        this.#turning = false;
        if (this.#again) this.poke();
      });
  }

  async #turn(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      if (this.#record.task.lastStatus === "STOPPED") return;
      await this.#containers.observe(this.#record, this.#record.task.desiredStatus === "RUNNING");
      const ended = endedBy(this.#definition.containerDefinitions, this.#containers.states);
      if (ended !== undefined) this.#essentialEnded(ended);
      const { steps, again } = this.#plan();
      await Promise.all(steps.map((step) => this.#containers.do(step, this.#record)));
      this.#wake(again);
      this.#publish();
      if (steps.length > 0) this.#again = true;
      else if (this.#containers.stopped && !this.#draining) await this.#end();
    }
  }

  #plan(): Plan {
    if (this.#draining) return { steps: [] };
    const { desiredStatus } = this.#record.task;
    return nextSteps(this.#definition.containerDefinitions, this.#containers.states, desiredStatus, Date.now());
  }

  #wake(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at !== undefined) this.#timer = setTimeout(() => this.poke(), Math.max(at - Date.now(), 0) + 10).unref();
  }

  async #prepare(): Promise<void> {
    const prepared = await prepare({ ...this.#means, sandbox: this.#sandbox }, this.#record, this.#definition);
    this.#containers.supply(prepared);
    this.#keep({}, { access: prepared.access });
  }

  /** Runs a step without which there is no task. */
  async #guarded(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof TaskFailure)) this.#log(error);
      const failure =
        error instanceof TaskFailure ? error : new TaskFailure(`ResourceInitializationError: ${words(error)}`);
      if (failure.container !== undefined) this.#containers.blame(failure.container, failure.message);
      await this.stop(failure.stopCode, failure.message, false);
    }
  }

  #essentialEnded(name: string): void {
    if (this.#record.task.desiredStatus === "STOPPED") {
      this.#draining = false; // nobody is left to answer
      return;
    }
    const { reason, startedAt } = this.#containers.states.get(name) ?? {};
    const failed = startedAt === undefined && reason !== undefined;
    void this.stop(failed ? "TaskFailedToStart" : "EssentialContainerExited", failed ? reason : essentialExited, false);
  }

  /** All containers have stopped: takes down what is left. */
  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#keep({ lastStatus: "DEPROVISIONING", executionStoppedAt: now() });
    await this.#containers.logged();
    await this.#sandbox.remove();
    const attachments = attached(this.#record.task.attachments, "DELETED");
    this.#keep({ lastStatus: "STOPPED", stoppedAt: now(), attachments, connectivity: "DISCONNECTED" });
    this.#finish();
  }

  /** Keeps what the containers say of the task. */
  #publish(): void {
    const { task } = this.#record;
    const { states } = this.#containers;
    const definitions = this.#definition.containerDefinitions;
    const phases = [...states.values()].map(({ phase }) => phase);
    const starting = phases.includes("waiting") || phases.includes("starting") || !phases.includes("running");
    const runs = !starting && task.desiredStatus === "RUNNING" && task.lastStatus !== "RUNNING";
    this.#keep({
      containers: describeContainers(task, definitions, states),
      healthStatus: healthOf(definitions, states),
      ...(runs ? { lastStatus: "RUNNING", startedAt: task.startedAt ?? now() } : {}),
    });
  }

  #keep(changes: Partial<Task>, more: Partial<TaskRecord> = {}): void {
    const before = this.#record;
    const next = { ...before, ...more, task: { ...before.task, ...changes } };
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.#record = { ...next, task: { ...next.task, version: before.task.version + 1 } };
    this.#means.keep(this.#record);
  }

  #log(error: unknown): void {
    this.#means.surroundings.log(`${this.#record.task.taskArn}: ${words(error)}`);
  }
}
