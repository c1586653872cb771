import * as pulumi from "@pulumi/pulumi";
import type { App, Service } from "../../compose/model.ts";
import type { Endpoint } from "../endpoint.ts";
import { type OpenedPort, openPorts } from "../openPorts.ts";
import type { RegisteredTask } from "./appTasks.ts";
import { AutoScaling, rangeOf } from "./autoScaling.ts";
import { EcsCluster } from "./ecsCluster.ts";
import { EcsService } from "./ecsService.ts";
import { releaseTag } from "./ecsState.ts";
import type { Firewall } from "./firewall.ts";
import { LoadBalancer } from "./loadBalancer.ts";
import type { Placement } from "./network.ts";
import { ReleaseGate, type ReleaseGateArgs } from "./releaseGate.ts";
import { runsAlone, type Settings } from "./settings.ts";
import { ecsName } from "./taskDefinition/names.ts";

export interface AppServicesArgs extends Pick<ReleaseGateArgs, "images" | "hidden"> {
  app: App;
  settings: Settings;
  placement: Placement;
  /** Groups of the tasks on Fargate; undefined on EC2, where the machines have theirs. */
  firewall: Firewall | undefined;
  /** Group that lets the load balancer in: of the tasks, or the machines. */
  clients: pulumi.Input<string>;
  /** Dependencies first. */
  tasks: readonly RegisteredTask[];
  /** What tells this release from any other. */
  release: pulumi.Output<string>;
  /** Services whose image has a digest that its tasks must run. */
  built: ReadonlySet<string>;
}

/** The services of an app, each once those that it waits for serve, and what leads to them. */
export class AppServices extends pulumi.ComponentResource {
  /** Every port open to the world. */
  readonly endpoints: pulumi.Output<Endpoint[]>;
  readonly clusterName: pulumi.Output<string>;
  /** Resolves once every service runs this release, in a preview at once. @throws RunError where one does not */
  readonly released: () => Promise<void>;

  readonly #name: string;
  readonly #args: AppServicesArgs;
  readonly #cluster: EcsCluster;
  readonly #balancer: LoadBalancer | undefined;
  readonly #gate: ReleaseGate;
  /** By task: resolves once it serves, or as a job is done. */
  readonly #waits = new Map<string, Promise<void>>();
  /** By task. */
  readonly #made = new Map<string, EcsService>();

  constructor(name: string, args: AppServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:AppServices", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { app, settings, placement, firewall, clients, tasks, images, hidden } = args;
    const { region, account, cluster, timeout = 900 } = settings;

    this.#cluster = new EcsCluster(
      `${name}-cluster`,
      { region, account, existing: cluster, names: firewall !== undefined },
      { parent: this },
    );
    const ports = openPorts(app);
    this.#balancer =
      ports.length === 0
        ? undefined
        : new LoadBalancer(
            `${name}-lb`,
            { ...settings, placement, tasks: clients, ports, targetType: firewall === undefined ? "instance" : "ip" },
            { parent: this },
          );
    this.#gate = new ReleaseGate({
      region,
      profile: settings.profile,
      clusterArn: this.#cluster.clusterArn,
      images,
      hidden,
      timeout,
    });
    for (const registered of tasks) this.#createService(registered);

    this.endpoints = this.#balancer?.endpoints ?? pulumi.output([]);
    this.clusterName = this.#cluster.clusterName;
    this.released = async () => {
      await Promise.all(this.#waits.values());
    };
    this.registerOutputs({ clusterName: this.clusterName });
  }

  #createService(registered: RegisteredTask): void {
    const { app, settings, placement, firewall, release } = this.#args;
    const { task } = registered;
    const name = `${this.#name}-${ecsName(task.name)}`;
    const serviceName = settings.cluster === undefined ? ecsName(task.name) : registered.family;
    const { min, max } = rangeOf(settings.scaling?.[task.name] ?? {});
    const alone = firewall === undefined || runsAlone(app, task.name);
    const targets = (this.#balancer?.targets ?? []).filter(({ service }) => task.services.includes(service));
    const service = new EcsService(
      name,
      {
        cluster: this.#cluster,
        serviceName,
        taskDefinition: registered.arn,
        count: task.job ? 0 : min,
        countChanges: task.job || max > min,
        alone,
        network: firewall && { placement, groups: firewall.groupsOf(task.name) },
        connect: task.connect,
        targets: targets.map((target) => ({ ...target, service: ecsName(target.service) })),
        startTime: Math.max(...task.services.map((each) => startTime(app.services.get(each)))),
        tags: task.job ? undefined : { [releaseTag]: release },
        ready: [...placement.ready, ...registered.ready, ...(this.#balancer?.ready ?? []), ...this.#others(registered)],
      },
      { parent: this },
    );
    this.#made.set(task.name, service);
    this.#watch(registered, serviceName, service);
    if (max > min) {
      const label = targets.find(({ resourceLabel }) => resourceLabel !== undefined)?.resourceLabel;
      new AutoScaling(
        `${name}-scaling`,
        {
          clusterName: this.#cluster.clusterName,
          serviceName,
          scaling: settings.scaling?.[task.name] ?? {},
          resourceLabel: label,
          service,
        },
        { parent: this },
      );
    }
  }

  /** The services before it, since a task knows the names only that were there before it; some once they are as it wants them. */
  #others({ task }: RegisteredTask): pulumi.Input<pulumi.Resource>[] {
    return [...this.#made].map(([other, service]) => {
      const { [other]: condition = "started" } = task.dependsOn;
      const wait = this.#waits.get(other) as Promise<void>;
      // Not by an input, which would say what it waited for as an error of its own.
      return condition === "started" ? service : wait.then(() => service);
    });
  }

  #watch({ task, arn, definition }: RegisteredTask, serviceName: string, service: EcsService): void {
    const { release, built } = this.#args;
    // On EC2 what is open to the world tells most.
    const [open] = openPorts(this.#args.app).map((port: OpenedPort) => port.service);
    const main = task.services.length === 1 ? (task.services[0] as string) : (open ?? (task.services.at(-1) as string));
    const watched = { name: task.name, container: ecsName(main), serviceName, service, taskDefinition: arn };
    const names = new Set(task.services.filter((each) => built.has(each)).map(ecsName));
    const digests = definition.apply(({ containerDefinitions }) =>
      Object.fromEntries(
        containerDefinitions.flatMap(({ name, image }) => {
          const [, digest] = /@(sha256:[0-9a-f]+)$/.exec(image) ?? [];
          return digest === undefined || !names.has(name) ? [] : [[name, digest]];
        }),
      ),
    );
    const wait = task.job ? this.#gate.completes(watched, release) : this.#gate.serves(watched, digests);
    this.#waits.set(task.name, wait);
  }
}

/** Seconds that a service may take to answer. */
function startTime(service: Service | undefined): number {
  const { startPeriod = 0 } = service?.healthcheck ?? {};
  return Math.max(60, Math.ceil(startPeriod) + 30);
}
