import { createServer, type Server, type Socket } from "node:net";
import type { TaskDefinition } from "../../ecs/taskDefinition.ts";
import { type Backend, relay } from "../balancing/relay.ts";
import { Traffic } from "../balancing/traffic.ts";
import type { Endpoint, Surroundings } from "../model.ts";
import type { Alias, TaskRecord } from "../tasks/record.ts";

/** Milliseconds: until an endpoint must have accepted, without a byte, and until a task that ends has answered. */
const [connectTimeout, idleTimeout, drainTime] = [5000, 3_600_000, 5000];

/**
 * Service Connect: for each port that a service offers, a proxy on the network's gateway that spreads connections over the
 * service's healthy tasks. Tasks are led to it by their own rules; see network/rules.ts.
 */
export class ServiceConnect {
  readonly #surroundings: Surroundings;
  readonly #tasks: () => readonly TaskRecord[];
  /** By gateway, service and port. */
  readonly #servers = new Map<string, Promise<{ server: Server; port: number }>>();
  readonly #sockets = new Set<Socket>();
  /** By task. */
  readonly #traffic = new Map<string, Traffic>();
  /** Tasks that are given nothing new. */
  readonly #leaving = new Set<string>();
  #turn = 0;

  constructor(surroundings: Surroundings, tasks: () => readonly TaskRecord[]) {
    this.#surroundings = surroundings;
    this.#tasks = tasks;
  }

  /** The names in a namespace as they are now: all that a deployment which begins now will ever know. */
  aliases(namespaceArn: string): Alias[] {
    const namespace = this.#surroundings.namespaceName(namespaceArn) ?? "";
    const all = this.#surroundings.services().flatMap(({ serviceArn, taskDefinition, serviceConnect }) => {
      if (serviceConnect?.namespace !== namespaceArn) return [];
      const definition = this.#surroundings.taskDefinition(taskDefinition);
      return serviceConnect.services.flatMap(({ portName, discoveryName, clientAliases }): Alias[] => {
        const own = { dnsName: `${discoveryName}.${namespace}`, port: containerPort(definition, portName) ?? 0 };
        const names = clientAliases.length > 0 ? clientAliases : [own];
        return names.map(({ dnsName, port }) => ({ dnsName: dnsName || own.dnsName, port, serviceArn, portName }));
      });
    });
    return [...new Map(all.map((alias) => [`${alias.dnsName}:${alias.port}`, alias])).values()];
  }

  /** The port on a gateway that leads to what stands behind a name. */
  async port({ serviceArn, portName }: Alias, gateway: string): Promise<number> {
    const key = `${gateway} ${serviceArn} ${portName}`;
    const listening = this.#servers.get(key) ?? this.#listen(serviceArn, portName, gateway);
    this.#servers.set(key, listening);
    listening.catch(() => this.#servers.delete(key));
    return (await listening).port;
  }

  /** Gives a task no more connections. @param wait until nothing moves on those it has */
  async withdraw({ task }: TaskRecord, wait: boolean): Promise<void> {
    this.#leaving.add(task.taskArn);
    if (wait) await this.#traffic.get(task.taskArn)?.quiet(drainTime);
  }

  /** The task is over. */
  forget(taskArn: string): void {
    this.#leaving.delete(taskArn);
    this.#traffic.delete(taskArn);
  }

  close(): void {
    for (const listening of this.#servers.values()) void listening.then(({ server }) => server.close());
    for (const socket of this.#sockets) socket.destroy();
    this.#servers.clear();
  }

  #listen(serviceArn: string, portName: string, gateway: string): Promise<{ server: Server; port: number }> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      this.#sockets.add(client);
      client.on("close", () => this.#sockets.delete(client));
      const choose = (tried: ReadonlySet<Backend>) => this.#choose(client, serviceArn, portName, tried);
      void relay(client, { choose, connectTimeout, idleTimeout });
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject).listen(0, gateway, () => {
        server.off("error", reject).on("error", ({ message }) => this.#surroundings.log(message));
        resolve({ server, port: (server.address() as { port: number }).port });
      });
    });
  }

  #choose(client: Socket, serviceArn: string, portName: string, tried: ReadonlySet<Backend>): Backend | undefined {
    const from = this.#tasks().find(({ transport }) => transport?.address === client.remoteAddress);
    if (from === undefined) return undefined;
    const endpoints = this.#tasks().flatMap((record) => {
      const endpoint = record.serviceArn === serviceArn ? this.#endpoint(record, portName) : undefined;
      const there = endpoint === undefined || [...tried].some(({ traffic }) => traffic === endpoint.traffic);
      return there || !this.#allows(from, record, endpoint.port) ? [] : [endpoint];
    });
    this.#turn++;
    return endpoints[this.#turn % Math.max(endpoints.length, 1)];
  }

  /** Undefined while the task is not to be sent anything. */
  #endpoint({ task, transport }: TaskRecord, portName: string): Backend | undefined {
    const { taskArn, lastStatus, desiredStatus } = task;
    const definition = this.#surroundings.taskDefinition(task.taskDefinitionArn);
    const port = containerPort(definition, portName);
    const checked = definition?.containerDefinitions.some(({ essential, healthCheck }) => essential && healthCheck);
    const healthy = checked ? task.healthStatus === "HEALTHY" : task.healthStatus !== "UNHEALTHY";
    const ready = lastStatus === "RUNNING" && desiredStatus === "RUNNING" && !this.#leaving.has(taskArn);
    if (transport === undefined || port === undefined || !ready || !healthy) return undefined;
    const traffic = this.#traffic.get(taskArn) ?? new Traffic();
    this.#traffic.set(taskArn, traffic);
    return { host: transport.address, port, traffic };
  }

  #allows(from: TaskRecord, to: TaskRecord, port: number): boolean {
    return this.#surroundings.allows(taskEndpoint(from), taskEndpoint(to), port, "tcp");
  }
}

/** A task as security groups see it. */
export function taskEndpoint({ place, transport }: TaskRecord): Endpoint {
  return { securityGroups: place.securityGroups, address: transport?.privateAddress ?? "0.0.0.0" };
}

function containerPort(definition: TaskDefinition | undefined, portName: string): number | undefined {
  return definition?.containerDefinitions
    .flatMap(({ portMappings }) => portMappings)
    .find(({ name }) => name === portName)?.containerPort;
}
