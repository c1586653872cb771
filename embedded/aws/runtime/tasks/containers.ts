import type { ContainerInspectInfo } from "dockerode";
import { words } from "../../../daemon/containers.ts";
import type { ContainerDefinition, TaskDefinition } from "../../ecs/taskDefinition.ts";
import type { LogCollector } from "../logs/collector.ts";
import { type Surroundings, TaskFailure } from "../model.ts";
import { containerOptions } from "./containerSpec.ts";
import type { ContainerState } from "./describe.ts";
import { neverStarted, restarts, type Step } from "./order.ts";
import type { Prepared, PreparedContainer } from "./prepare.ts";
import type { TaskRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";
import { ownEnvironment, type TaskNetworks } from "./taskNetworks.ts";
import { cannotCreate, cannotStart, outOfMemory } from "./words.ts";

export interface ContainerMeans {
  readonly surroundings: Surroundings;
  readonly logs: LogCollector;
  readonly networks: TaskNetworks;
  /** CPUs of the engine. */
  readonly cpus: number;
  /** Ends following logs: the daemon goes, the containers stay. */
  readonly signal: AbortSignal;
}

/** Seconds between SIGTERM and SIGKILL where the definition says nothing. */
const stopTimeout = 30;
/** Milliseconds that a container lives that is to run out of memory on demand, and that the end of a log may take. */
const [doomed, logsEnd] = [1000, 30_000];

/** The containers of one task: what they are, and what can be done to them. */
export class TaskContainers {
  readonly #means: ContainerMeans;
  readonly #sandbox: Sandbox;
  readonly #definition: TaskDefinition;
  readonly #changed: () => void;
  readonly #states = new Map<string, ContainerState>();
  readonly #logs: Promise<void>[] = [];
  #prepared: Prepared | undefined;

  /** @param changed told when something has happened that nobody waits for */
  constructor(means: ContainerMeans, sandbox: Sandbox, definition: TaskDefinition, changed: () => void) {
    this.#means = means;
    this.#sandbox = sandbox;
    this.#definition = definition;
    this.#changed = changed;
    for (const { name } of definition.containerDefinitions) {
      this.#states.set(name, { phase: "waiting", health: "UNKNOWN", bindings: [] });
    }
  }

  get states(): ReadonlyMap<string, ContainerState> {
    return this.#states;
  }

  get waiting(): boolean {
    return [...this.#states.values()].some(({ phase }) => phase === "waiting");
  }

  get stopped(): boolean {
    return [...this.#states.values()].every(({ phase }) => phase === "stopped");
  }

  /** What those that have not started yet are given. */
  supply(prepared: Prepared): void {
    this.#prepared = prepared;
  }

  /** Why one of them is the end of the task. */
  blame(name: string, reason: string): void {
    this.#change(name, { reason });
  }

  /** Finds those again that were made before a restart of the daemon. @returns whether there are any */
  async resume({ task, place }: TaskRecord): Promise<boolean> {
    const made = await this.#sandbox.containers();
    for (const { name, lastStatus, exitCode, reason, imageDigest, networkBindings: bindings } of task.containers) {
      const id = made.get(name);
      const kept = { bindings, health: "UNKNOWN", ...given({ imageDigest, reason }) } as const;
      if (id !== undefined) {
        // One that was made but not started is made again.
        const { Status } = (await this.#sandbox.inspect(id))?.State ?? {};
        if (Status === "created") continue;
        this.#change(name, { ...kept, phase: "running", id });
        this.#collect(name, id, place);
      } else if (lastStatus === "STOPPED") {
        this.#change(name, { ...kept, phase: "stopped", ...given({ exitCode }) });
      }
    }
    return made.size > 0;
  }

  /** Looks at what Docker says of them. @param mayRestart whether one that has ended by itself may run again */
  async observe({ place }: TaskRecord, mayRestart: boolean): Promise<void> {
    for (const [name, before] of this.#states) {
      const { id, phase } = before;
      if (id === undefined || phase === "stopped") continue;
      const info = await this.#sandbox.inspect(id);
      if (info?.State.Running) {
        this.#change(name, running(info, phase));
      } else if (mayRestart && info && restartsAfter(this.#container(name), info)) {
        await this.#sandbox.start(id);
        this.#collect(name, id, place);
      } else {
        this.#change(name, stopped(info, before));
      }
    }
  }

  async do(step: Step, record: TaskRecord): Promise<void> {
    const { container: name } = step;
    if (step.kind === "giveUp") {
      const why = step.reason === undefined ? {} : { exitCode: neverStarted, reason: cannotStart(step.reason) };
      // Containers of a task that fails as a whole keep the reason they have.
      this.#change(name, { phase: "stopped", ...why, ...given({ reason: this.#states.get(name)?.reason }) });
    } else if (step.kind === "start") {
      await this.#start(this.#container(name), record);
    } else {
      const id = this.#states.get(name)?.id ?? "";
      this.#change(name, { phase: "stopping" });
      void this.#sandbox
        .stop(id, this.#container(name).stopTimeout ?? stopTimeout)
        .catch((error: unknown) => this.#means.surroundings.log(`${name}: ${words(error)}`))
        .finally(this.#changed);
    }
  }

  /** When all that they have printed is in their log groups, or that takes too long. */
  async logged(): Promise<void> {
    await Promise.race([Promise.all(this.#logs), new Promise((end) => setTimeout(end, logsEnd).unref())]);
  }

  async #start(definition: ContainerDefinition, record: TaskRecord): Promise<void> {
    const { name } = definition;
    const prepared = this.#prepared?.containers.get(name);
    if (prepared === undefined || prepared instanceof TaskFailure) {
      this.#change(name, { phase: "stopped", reason: prepared?.message ?? cannotCreate("nothing is prepared") });
      return;
    }
    this.#change(name, { phase: "starting", imageDigest: prepared.image.digest });
    let id: string;
    try {
      id = await this.#create(definition, prepared, record);
    } catch (error) {
      this.#change(name, { phase: "stopped", reason: cannotCreate(words(error)) });
      return;
    }
    try {
      await this.#sandbox.start(id);
    } catch (error) {
      this.#change(name, { phase: "stopped", id, reason: cannotStart(words(error)) });
      return;
    }
    this.#change(name, { phase: "running", id, startedAt: Date.now() });
    this.#collect(name, id, record.place);
    if (record.demanded[name] === "outOfMemory") setTimeout(() => this.#exhaust(name, id), doomed).unref();
  }

  async #create(definition: ContainerDefinition, prepared: PreparedContainer, record: TaskRecord): Promise<string> {
    const { name } = definition;
    const options = containerOptions({
      name: this.#sandbox.name(name),
      labels: this.#sandbox.labels(name),
      definition,
      task: this.#definition,
      launchType: record.place.launchType,
      image: prepared.image,
      environment: ownEnvironment(record.task),
      secrets: prepared.secrets,
      volumes: this.#prepared?.volumes ?? new Map(),
      volumesFrom: definition.volumesFrom.map(
        ({ sourceContainer, readOnly }) => `${this.#sandbox.name(sourceContainer)}${readOnly ? ":ro" : ""}`,
      ),
      network: await this.#means.networks.of(this.#definition, definition, record, this.#sandbox),
      cpus: this.#means.cpus,
      neverHealthy: record.demanded[name] === "neverHealthy",
    });
    return this.#sandbox.create(options);
  }

  #exhaust(name: string, id: string): void {
    this.#change(name, { reason: outOfMemory });
    void this.#sandbox.kill(id).catch(() => undefined);
  }

  #collect(name: string, id: string, place: TaskRecord["place"]): void {
    const { logConfiguration: log, pseudoTerminal } = this.#container(name);
    if (log?.logDriver !== "awslogs") return;
    const { surroundings, logs, signal } = this.#means;
    try {
      const target = surroundings.logTarget(log.options, this.#definition, place);
      const stream = target.streamPrefix === undefined ? id : `${target.streamPrefix}/${name}/${this.#sandbox.id}`;
      this.#logs.push(logs.collect(id, pseudoTerminal, target, stream, signal));
    } catch (error) {
      surroundings.log(`the log of ${name}: ${words(error)}`); // its group was deleted while the task ran
    }
  }

  #change(name: string, changes: Partial<ContainerState>): void {
    const state = this.#states.get(name);
    if (state) this.#states.set(name, { ...state, ...changes });
  }

  #container(name: string): ContainerDefinition {
    const found = this.#definition.containerDefinitions.find((container) => container.name === name);
    if (found === undefined) throw new Error(`the definition has no container ${name}`);
    return found;
  }
}

function restartsAfter(definition: ContainerDefinition, { State }: ContainerInspectInfo): boolean {
  const seconds = (Date.parse(State.FinishedAt) - Date.parse(State.StartedAt)) / 1000;
  return restarts(definition, State.ExitCode, seconds);
}

const healths: Readonly<Record<string, ContainerState["health"]>> = { healthy: "HEALTHY", unhealthy: "UNHEALTHY" };

function running(info: ContainerInspectInfo, phase: ContainerState["phase"]): Partial<ContainerState> {
  return {
    phase: phase === "stopping" ? "stopping" : "running",
    startedAt: Date.parse(info.State.StartedAt),
    health: healths[info.State.Health?.Status ?? ""] ?? "UNKNOWN",
    bindings: Object.entries(info.NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
      const [containerPort, protocol] = port.split("/");
      return (bindings ?? []).map(({ HostPort }) => ({
        bindIP: "0.0.0.0",
        containerPort: Number(containerPort),
        hostPort: Number(HostPort),
        protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const),
      }));
    }),
  };
}

/** @param info none where somebody has removed the container: as if it had been killed */
function stopped(info: ContainerInspectInfo | undefined, { reason }: ContainerState): Partial<ContainerState> {
  const { OOMKilled, ExitCode, StartedAt } = info?.State ?? { OOMKilled: false, ExitCode: 137, StartedAt: "" };
  const startedAt = Date.parse(StartedAt);
  return {
    phase: "stopped",
    exitCode: ExitCode,
    ...(startedAt > 0 ? { startedAt } : {}),
    ...(OOMKilled ? { reason: outOfMemory } : given({ reason })),
  };
}

/** Without what is undefined. */
function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
