import { rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { watchContainers, words } from "../../daemon/containers.ts";
import type { TargetHealth } from "../balancing/model.ts";
import type { ServiceMetrics, ServiceStatus } from "../ecs/service.ts";
import type { RunTask, Task } from "../ecs/task.ts";
import { LoadBalancers } from "./balancing/loadBalancers.ts";
import { TargetGroups } from "./balancing/targetGroups.ts";
import { ServiceConnect } from "./connect/serviceConnect.ts";
import { FileSystems } from "./files/fileSystems.ts";
import { runtimeImage } from "./image.ts";
import { Images } from "./images.ts";
import { cloudLabel, taskLabel } from "./labels.ts";
import { LogCollector } from "./logs/collector.ts";
import { LogStore } from "./logs/store.ts";
import { sample, utilization } from "./metrics.ts";
import type { CreateRuntime, Runtime, Surroundings } from "./model.ts";
import { Networks } from "./network/networks.ts";
import { Services } from "./services/services.ts";
import { sweep, sweepVolumes } from "./sweep.ts";
import { type TaskRecord, taskId } from "./tasks/record.ts";
import { TaskNetworks } from "./tasks/taskNetworks.ts";
import { Tasks } from "./tasks/tasks.ts";

/** Milliseconds until the engine is asked again after it went away, and between two looks at tasks of which nothing is heard. */
const [patience, glance] = [3000, 5000];

export const createRuntime: CreateRuntime = (surroundings) => new DockerRuntime(surroundings);

/** The runtime on this machine's Docker engine. */
class DockerRuntime implements Runtime {
  readonly logs: LogStore;
  readonly #surroundings: Surroundings;
  readonly #networks: Networks;
  readonly #files: FileSystems;
  readonly #images: Images;
  readonly #connect: ServiceConnect;
  readonly #balancers: LoadBalancers;
  readonly #targets: TargetGroups;
  readonly #tasks: Tasks;
  readonly #services: Services;
  readonly #end = new AbortController();
  #image: Promise<string> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(surroundings: Surroundings) {
    const { docker, id, folder, log } = surroundings;
    this.#surroundings = surroundings;
    this.logs = new LogStore(join(folder, "logs"));
    this.#networks = new Networks(docker, id);
    this.#files = new FileSystems(docker, id, () => this.#runtimeImage());
    this.#images = new Images(docker, surroundings.records("images"));
    this.#connect = new ServiceConnect(surroundings, () => this.#tasks.current());
    this.#balancers = new LoadBalancers(surroundings, () => this.#targets);
    this.#targets = new TargetGroups(surroundings, (arn) => this.#balancers.sources(arn));
    const networks = new TaskNetworks({
      surroundings,
      networks: this.#networks,
      image: () => this.#runtimeImage(),
      proxyPort: (alias, gateway) => this.#connect.port(alias, gateway),
    });
    const means = {
      docker,
      surroundings,
      networks,
      images: this.#images,
      files: this.#files,
      logs: new LogCollector(docker, this.logs, log),
      cpus: cpus().length,
      signal: this.#end.signal,
      withdraw: (record: TaskRecord, wait: boolean) => this.#withdraw(record, wait),
    };
    this.#tasks = new Tasks(means, this.#networks, surroundings.records("tasks"));
    this.#services = new Services({
      surroundings,
      tasks: this.#tasks,
      targets: this.#targets,
      connect: this.#connect,
      records: surroundings.records("scheduler"),
    });
    this.#tasks.on("change", (record) => this.#services.taskChanged(record));
    this.#targets.on("change", () => this.#services.poke());
  }

  async start(): Promise<void> {
    const { log } = this.#surroundings;
    // Somebody may have taken the port meanwhile; what else there is must go on.
    await this.balancingChanged().catch(({ message }: Error) => log(message));
    await this.#tasks.start();
    await this.#sweep().catch((error: unknown) => {
      if (this.#tasks.current().length > 0) throw error;
      log(words(error)); // without an engine, but nothing needs one yet
    });
    for (const record of this.#tasks.current()) this.#services.taskChanged(record);
    this.#services.start();
    this.#timer = setInterval(() => this.#tasks.pokeAll(), glance).unref();
    void this.#watch();
  }

  async stop(tasks: boolean): Promise<void> {
    this.#services.stop();
    if (tasks) await this.#stopAll("The embedded cloud was stopped");
    clearInterval(this.#timer);
    this.#end.abort();
    this.#balancers.close();
    this.#targets.close();
    this.#connect.close();
  }

  async dispose(): Promise<void> {
    const { docker, id, folder } = this.#surroundings;
    await this.stop(true);
    await this.#files.sweep(new Set());
    await sweep(docker, id, new Set());
    await sweepVolumes(docker, id);
    await this.#networks.sweep();
    await this.#images.dispose();
    rmSync(join(folder, "logs"), { recursive: true, force: true });
  }

  async runTask(request: RunTask): Promise<readonly Task[]> {
    // Names of Service Connect are for services alone:
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html
    return Array.from({ length: request.count }, () => this.#tasks.run({ ...request, aliases: [] }));
  }

  async stopTask(taskArn: string, reason: string): Promise<Task> {
    const task = this.#tasks.stop(taskArn, "UserInitiated", reason);
    if (task === undefined) throw new Error(`The referenced task was not found: ${taskArn}`);
    return task;
  }

  tasks(): readonly Task[] {
    return this.#tasks.all().map(({ task }) => task);
  }

  serviceChanged(serviceArn: string, force: boolean): void {
    this.#services.changed(serviceArn, force);
  }

  serviceRemoved(serviceArn: string): Promise<void> {
    return this.#services.removed(serviceArn);
  }

  serviceStatus(serviceArn: string): ServiceStatus {
    return this.#services.status(serviceArn);
  }

  async serviceMetrics(serviceArn: string, seconds?: number): Promise<ServiceMetrics> {
    const { docker, id } = this.#surroundings;
    const own = this.#tasks.current().filter((record) => record.serviceArn === serviceArn);
    const samples = await sample(docker, id, new Set(own.map(({ task }) => taskId(task.taskArn))));
    const groups = this.#surroundings.service(serviceArn)?.loadBalancers ?? [];
    return {
      ...utilization(samples, own, ({ task }) => this.#surroundings.taskDefinition(task.taskDefinitionArn)),
      requestsPerTarget: Object.fromEntries(
        groups.map(({ targetGroupArn }) => [targetGroupArn, this.#targets.requestsPerTarget(targetGroupArn, seconds)]),
      ),
    };
  }

  async balancingChanged(): Promise<void> {
    await this.#balancers.changed();
    this.#services.poke();
  }

  targetHealth(targetGroupArn: string): readonly TargetHealth[] {
    return this.#targets.health(targetGroupArn);
  }

  fileSystemRemoved(fileSystemId: string): Promise<void> {
    return this.#files.remove(fileSystemId);
  }

  async #withdraw(record: TaskRecord, wait: boolean): Promise<void> {
    const { taskArn } = record.task;
    this.#services.leaving(record, this.#targets.groupsOf(taskArn));
    await Promise.all([this.#targets.deregister(taskArn, wait), this.#connect.withdraw(record, wait)]);
  }

  async #stopAll(reason: string): Promise<void> {
    const current = this.#tasks.current();
    for (const { task } of current) this.#tasks.stop(task.taskArn, "ServiceSchedulerInitiated", reason, false);
    await Promise.all(current.map(({ task }) => this.#tasks.finished(task.taskArn)));
  }

  /** Removes what belongs to no task: of a daemon that was killed in the middle of making it, or whose folder is gone. */
  async #sweep(): Promise<void> {
    const { docker, id } = this.#surroundings;
    const current = this.#tasks.current();
    const servers = new Set(current.flatMap(({ access }) => access));
    await this.#files.closeOthers(servers);
    await sweep(docker, id, new Set(current.map(({ task }) => taskId(task.taskArn))));
    await this.#networks.sweep();
  }

  #runtimeImage(): Promise<string> {
    this.#image ??= runtimeImage(this.#surroundings.docker).catch((error) => {
      this.#image = undefined;
      throw error;
    });
    return this.#image;
  }

  async #watch(): Promise<void> {
    const { docker, id } = this.#surroundings;
    const again = () => {
      setTimeout(() => {
        if (this.#end.signal.aborted) return;
        this.#tasks.pokeAll();
        void this.#watch();
      }, patience).unref();
    };
    const what = {
      event: ["start", "die", "oom", "destroy", "health_status"],
      label: [`${cloudLabel}=${id}`, taskLabel],
    };
    const tell = (_event: string, labels: Readonly<Record<string, string>>) =>
      this.#tasks.poke(labels[taskLabel] ?? "");
    await watchContainers(docker, what, tell, again, this.#end.signal).catch(again);
  }
}
