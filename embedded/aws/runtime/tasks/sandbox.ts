import type Docker from "dockerode";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { runIn, unless } from "../../../daemon/containers.ts";
import { cloudLabel, containerLabel, taskLabel } from "../labels.ts";
import { rulesScript } from "../network/rules.ts";

/** What a task's network is made of. */
export interface Holder {
  readonly image: string;
  readonly network: string;
  readonly address: string;
  readonly hostname: string;
  /** `name:address` */
  readonly hosts: readonly string[];
  /** For nft. */
  readonly rules: string;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Whether its namespace of the kind is that of all containers. */
  readonly sharesIpc: boolean;
}

/** What Docker has of one task: its containers, the one that holds their network, and its volumes. */
export class Sandbox {
  readonly #docker: Docker;
  readonly #cloud: string;
  readonly id: string;

  /** @param id the task's */
  constructor(docker: Docker, cloud: string, id: string) {
    this.#docker = docker;
    this.#cloud = cloud;
    this.id = id;
  }

  /** Name of what belongs to the task in Docker. */
  name(part: string): string {
    return `retrofit-aws-${this.#cloud}-${this.id.slice(0, 12)}-${part}`;
  }

  /** Of the container that holds the task's network; no container's name begins so. */
  get holder(): string {
    return this.name("_network");
  }

  /** @param container its name in the definition; none for the one that holds the network */
  labels(container?: string): Record<string, string> {
    const own = { [cloudLabel]: this.#cloud, [taskLabel]: this.id };
    return container === undefined ? own : { ...own, [containerLabel]: container };
  }

  async hold(holder: Holder): Promise<void> {
    await this.#remove(this.holder);
    const container = await this.#docker.createContainer({
      name: this.holder,
      Image: holder.image,
      Entrypoint: ["/bin/sh", "-c", `${rulesScript(holder.rules)}exec sleep infinity`],
      Hostname: holder.hostname,
      Labels: this.labels(),
      HostConfig: {
        Init: true,
        CapAdd: ["NET_ADMIN"],
        NetworkMode: holder.network,
        ExtraHosts: [...holder.hosts],
        Sysctls: { ...holder.sysctls },
        IpcMode: holder.sharesIpc ? "shareable" : "private",
      },
      NetworkingConfig: { EndpointsConfig: { [holder.network]: { IPAMConfig: { IPv4Address: holder.address } } } },
    });
    await container.start();
  }

  /** Gives a network that is held already other rules. */
  async rule(rules: string): Promise<void> {
    await runIn(this.#docker, this.holder, ["/bin/sh", "-c", rulesScript(rules)]);
  }

  /** @param options `shared`: it outlives the task, and others may have it too */
  async createVolume(
    name: string,
    options: { shared?: boolean; driver?: string; options?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const { shared, driver = "local", options: driverOptions = {} } = options;
    const Labels = shared ? { [cloudLabel]: this.#cloud } : this.labels();
    await this.#docker.createVolume({ Name: name, Labels, Driver: driver, DriverOpts: { ...driverOptions } });
  }

  async create(options: ContainerCreateOptions): Promise<string> {
    // What a daemon that was killed has left half made.
    await this.#remove(options.name ?? "");
    return (await this.#docker.createContainer(options)).id;
  }

  async start(id: string): Promise<void> {
    await this.#docker.getContainer(id).start();
  }

  /** @param seconds between SIGTERM and SIGKILL */
  async stop(id: string, seconds: number): Promise<void> {
    await this.#docker.getContainer(id).stop({ t: seconds }).catch(unless(304, 404));
  }

  async kill(id: string): Promise<void> {
    await this.#docker.getContainer(id).kill().catch(unless(404, 409));
  }

  /** Undefined where it is gone. */
  async inspect(id: string): Promise<ContainerInspectInfo | undefined> {
    return (await this.#docker.getContainer(id).inspect().catch(unless(404))) ?? undefined;
  }

  /** Ids of the containers that are there, by name in the definition. */
  async containers(): Promise<Map<string, string>> {
    const label = [`${cloudLabel}=${this.#cloud}`, `${taskLabel}=${this.id}`, containerLabel];
    const all = await this.#docker.listContainers({ all: true, filters: { label } });
    return new Map(all.map(({ Id, Labels }) => [Labels[containerLabel] ?? "", Id]));
  }

  /** Removes all of it, but for what is in file systems. */
  async remove(): Promise<void> {
    const label = [`${cloudLabel}=${this.#cloud}`, `${taskLabel}=${this.id}`];
    for (const { Id } of await this.#docker.listContainers({ all: true, filters: { label } })) await this.#remove(Id);
    for (const { Name } of (await this.#docker.listVolumes({ filters: { label } })).Volumes ?? []) {
      await this.#docker.getVolume(Name).remove({ force: true }).catch(unless(404));
    }
  }

  async #remove(container: string): Promise<void> {
    await this.#docker.getContainer(container).remove({ force: true, v: true }).catch(unless(404, 409));
  }
}
