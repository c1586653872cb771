import { EventEmitter } from "node:events";
import type { StopCode, Task } from "../../ecs/task.ts";
import { now } from "../../names.ts";
import type { DemandedFailure, Records, Surroundings } from "../model.ts";
import type { Networks } from "../network/networks.ts";
import { newTask } from "./describe.ts";
import { place } from "./place.ts";
import { isOver, type NewTask, overridden, type TaskRecord, taskId } from "./record.ts";
import { type TaskMeans, TaskRun } from "./taskRun.ts";

/** Seconds that a stopped task is shown. */
const shown = 3600;
/** Milliseconds that a network stays when its last task is gone: another may follow. */
const lingering = 5000;

/** All tasks of the cloud. Emits what becomes of each. */
export class Tasks extends EventEmitter<{ change: [TaskRecord] }> {
  readonly #means: Omit<TaskMeans, "keep">;
  readonly #networks: Networks;
  readonly #records: Records<TaskRecord>;
  readonly #runs = new Map<string, TaskRun>();

  constructor(means: Omit<TaskMeans, "keep">, networks: Networks, records: Records<TaskRecord>) {
    super();
    this.#means = means;
    this.#networks = networks;
    this.#records = records;
  }

  /** Goes on with those that ran when the last daemon ended. */
  async start(): Promise<void> {
    for (const record of this.#records.all().filter((each) => !isOver(each))) {
      const definition = this.#surroundings.taskDefinition(record.task.taskDefinitionArn);
      if (definition === undefined) {
        this.#forget(record.task.taskArn);
        continue;
      }
      this.#means.files.hold(record.task.taskArn, record.access);
      await this.#run(new TaskRun(this.#taskMeans(), record, definition), (run) => run.resume());
    }
  }

  /** Starts a task. @throws {TaskFailure} where there is no machine for it */
  run(request: NewTask): Task {
    const definition = overridden(request.taskDefinition, request);
    const where = place(this.#surroundings, request, definition, this.current());
    const task = newTask(request, definition, where);
    const record: TaskRecord = {
      task,
      place: { ...where.place, taskId: taskId(task.taskArn) },
      ...(request.serviceArn === undefined ? {} : { serviceArn: request.serviceArn }),
      aliases: request.aliases,
      access: [],
      demanded: this.#demanded(request, definition.containerDefinitions),
    };
    this.#prune();
    this.#keep(record);
    void this.#run(new TaskRun(this.#taskMeans(), record, request.taskDefinition), (run) => run.begin());
    return task;
  }

  /** @param wait whether it first answers what is under way @returns undefined where there is no such task */
  stop(taskArn: string, code: StopCode, reason: string, wait = true): Task | undefined {
    void this.#runs.get(taskArn)?.stop(code, reason, wait);
    return this.get(taskArn)?.task;
  }

  /** Resolves when nothing of the task is left; at once where nothing is. */
  async finished(taskArn: string): Promise<void> {
    await this.#runs.get(taskArn)?.finished;
  }

  get(taskArn: string): TaskRecord | undefined {
    return this.#runs.get(taskArn)?.record ?? this.#records.get(taskArn);
  }

  /** Those that are not over. */
  current(): TaskRecord[] {
    return [...this.#runs.values()].map(({ record }) => record).filter((record) => !isOver(record));
  }

  /** Those too that were over within the last hour. */
  all(): readonly TaskRecord[] {
    return this.#records.all().filter((record) => !isOld(record));
  }

  /** Something has happened to a task's container. @param id the task's */
  poke(id: string): void {
    for (const run of this.#runs.values()) if (taskId(run.record.task.taskArn) === id) run.poke();
  }

  pokeAll(): void {
    for (const run of this.#runs.values()) run.poke();
  }

  get #surroundings(): Surroundings {
    return this.#means.surroundings;
  }

  #taskMeans(): TaskMeans {
    return { ...this.#means, keep: (record) => this.#keep(record) };
  }

  #keep(record: TaskRecord): void {
    this.#records.put(record.task.taskArn, record);
    this.emit("change", record);
  }

  async #run(run: TaskRun, begin: (run: TaskRun) => Promise<void>): Promise<void> {
    const { taskArn } = run.record.task;
    this.#runs.set(taskArn, run);
    void run.finished.then(() => this.#finished(run));
    await begin(run);
  }

  /** What only this task needed goes with it. */
  async #finished(run: TaskRun): Promise<void> {
    const { taskArn } = run.record.task;
    this.#runs.delete(taskArn);
    await this.#means.files.release(taskArn);
    const network = this.#means.networks.release(taskArn);
    if (network === undefined) return;
    const isNeeded = () => this.current().some(({ place: { subnetId } }) => subnetId === network);
    setTimeout(() => void this.#networks.remove(network, isNeeded).catch(() => undefined), lingering).unref();
  }

  #forget(taskArn: string): void {
    this.#records.remove(taskArn);
  }

  #prune(): void {
    for (const record of this.#records.all()) if (isOld(record)) this.#forget(record.task.taskArn);
  }

  #demanded(
    { group, taskDefinition: { family } }: NewTask,
    containers: readonly { readonly name: string }[],
  ): Record<string, DemandedFailure> {
    const service = group.startsWith("service:") ? { service: group.slice("service:".length) } : {};
    return Object.fromEntries(
      containers.flatMap(({ name }) => {
        const failure = this.#surroundings.failure({ ...service, family, container: name });
        return failure === undefined ? [] : [[name, failure]];
      }),
    );
  }
}

function isOld({ task }: TaskRecord): boolean {
  return task.stoppedAt !== undefined && now() - task.stoppedAt > shown;
}
