import type { ContainerDefinition, TaskDefinition } from "../../ecs/taskDefinition.ts";
import { parseArn, stable } from "../../names.ts";
import { type Surroundings, TaskFailure } from "../model.ts";
import type { Network, Networks } from "../network/networks.ts";
import { nextAddress } from "../network/ranges.ts";
import { nameAddress, networkRules, type Redirect } from "../network/rules.ts";
import type { ContainerNetwork } from "./containerSpec.ts";
import type { Alias, TaskRecord, Transport } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";

/** What tasks in bridge mode are in: as one machine of EC2, whichever they run on. */
const instances = "instances";

/** Where a container instance's ports are on this machine: an address of its own, beyond those of load balancers. */
export function instanceAddress(containerInstanceArn: string): string {
  const [a = 0, b = 0] = Buffer.from(stable(containerInstanceArn, 4), "hex");
  return `127.48.${a}.${Math.min(Math.max(b, 1), 254)}`;
}

interface Means {
  readonly surroundings: Surroundings;
  readonly networks: Networks;
  /** The runtime's own image. */
  readonly image: () => Promise<string>;
  /** The cloud's port on a gateway for what stands behind a name. */
  readonly proxyPort: (alias: Alias, gateway: string) => Promise<number>;
}

/** Gives tasks their networks and addresses. */
export class TaskNetworks {
  readonly #means: Means;
  /** By task. */
  readonly #given = new Map<string, Transport>();
  readonly #last = new Map<string, string>();

  constructor(means: Means) {
    this.#means = means;
  }

  /** Gives a task in awsvpc mode its network. */
  async connect(record: TaskRecord, definition: TaskDefinition, sandbox: Sandbox): Promise<Transport | undefined> {
    if (definition.networkMode !== "awsvpc") return undefined;
    const { surroundings, networks, image } = this.#means;
    const id = record.place.subnetId ?? "";
    const subnet = surroundings.subnet(id);
    if (subnet === undefined) {
      throw new TaskFailure(
        `ResourceInitializationError: failed to create the network interface: The subnet ID '${id}' does not exist`,
      );
    }
    const network = await networks.ensure(id, subnet.cidrBlock);
    const transport = this.#allocate(record.task.taskArn, id, subnet.cidrBlock, network);
    await sandbox.hold({
      image: await image(),
      network: network.name,
      address: transport.address,
      hostname: `ip-${transport.privateAddress.replaceAll(".", "-")}.ec2.internal`,
      hosts: dnsNames(record.aliases).map((name, index) => `${name}:${nameAddress(index)}`),
      rules: await this.#rules(record, transport.gateway),
      sysctls: Object.fromEntries(
        definition.containerDefinitions
          .flatMap(({ systemControls }) => systemControls)
          .flatMap(({ namespace, value }) => (namespace.startsWith("net.") ? [[namespace, value]] : [])),
      ),
      sharesIpc: definition.ipcMode === "task",
    });
    return transport;
  }

  /** Leads the names of a task that runs to where they are now: after a restart of the daemon. */
  async reconnect(record: TaskRecord, sandbox: Sandbox): Promise<void> {
    const { transport, task } = record;
    if (transport === undefined) return;
    this.#given.set(task.taskArn, transport);
    if (record.aliases.length > 0) await sandbox.rule(await this.#rules(record, transport.gateway));
  }

  /** @returns the network that nobody needs any more, if so */
  release(taskArn: string): string | undefined {
    const network = this.#given.get(taskArn)?.network;
    this.#given.delete(taskArn);
    return [...this.#given.values()].some((other) => other.network === network) ? undefined : network;
  }

  /** The network of one container. */
  async of(
    definition: TaskDefinition,
    container: ContainerDefinition,
    record: TaskRecord,
    sandbox: Sandbox,
  ): Promise<ContainerNetwork> {
    if (definition.networkMode === "awsvpc") return { kind: "task", holder: sandbox.holder };
    if (definition.networkMode === "none" || container.disableNetworking) return { kind: "none" };
    if (definition.networkMode === "host") {
      throw new Error("the network mode host is not imitated: its containers would have this machine's own network");
    }
    const { name } = await this.#means.networks.ensure(instances, undefined);
    const links = container.links.map((link) => {
      const [linked = "", alias = linked] = link.split(":");
      return `${sandbox.name(linked)}:${alias}`;
    });
    return { kind: "bridge", network: name, links, address: instanceAddress(record.task.containerInstanceArn ?? "") };
  }

  async #rules({ aliases }: TaskRecord, gateway: string): Promise<string> {
    const names = dnsNames(aliases);
    const redirects = await Promise.all(
      aliases.map(async (alias): Promise<Redirect> => {
        const address = nameAddress(names.indexOf(alias.dnsName));
        return { address, port: alias.port, to: await this.#means.proxyPort(alias, gateway) };
      }),
    );
    return networkRules(gateway, redirects);
  }

  #allocate(taskArn: string, network: string, cidrBlock: string, { range, gateway }: Network): Transport {
    const there = [...this.#given.values()].filter((other) => other.network === network);
    const next = (of: string, taken: string[]) => {
      const address = nextAddress(of, new Set(taken), this.#last.get(of));
      if (address === undefined) {
        throw new TaskFailure("ResourceInitializationError: insufficient free addresses in the subnet");
      }
      this.#last.set(of, address);
      return address;
    };
    const address = next(
      range,
      there.map((other) => other.address),
    );
    const privateAddress =
      range === cidrBlock
        ? address
        : next(
            cidrBlock,
            there.map((other) => other.privateAddress),
          );
    const transport = { network, address, privateAddress, gateway };
    this.#given.set(taskArn, transport);
    return transport;
  }
}

/** What ECS tells every container. */
export function ownEnvironment({ taskArn, launchType }: TaskRecord["task"]): Record<string, string> {
  const { region = "" } = parseArn(taskArn) ?? {};
  return {
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_ECS_${launchType}`,
    AWS_REGION: region,
  };
}

/** Each once, in their order. */
function dnsNames(aliases: readonly Alias[]): string[] {
  return [...new Set(aliases.map(({ dnsName }) => dnsName))];
}
