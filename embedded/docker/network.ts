import type { NetworkInspectInfo } from "dockerode";
import type { Call, Observed, ResourceHandler } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { ask, type Engine, EngineError, found, whileInUse } from "./engine.ts";
import { labelList, labelMap } from "./labels.ts";
import { withoutEmpty } from "./plain.ts";

/** A network of the engine. Nothing of it can change but its being there. */
export class NetworkHandler implements ResourceHandler {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async create(inputs: PlainMap): Promise<Observed> {
    const { docker } = this.#engine;
    try {
      const network = await ask(this.#engine, () =>
        docker.createNetwork({ ...networkSpec(inputs), CheckDuplicate: true }),
      );
      return (await this.#inspect(network.id)) as Observed;
    } catch (error) {
      throw networkError(inputs.name as string, error);
    }
  }

  async read(id: string): Promise<Observed | undefined> {
    return this.#inspect(id);
  }

  async importInputs({ outputs }: Observed): Promise<PlainMap> {
    const { scope: _scope, ...inputs } = outputs;
    return withoutEmpty(inputs);
  }

  async delete(id: string, inputs: PlainMap, _outputs: PlainMap, call: Call): Promise<void> {
    const remove = () => found(this.#engine, () => this.#engine.docker.getNetwork(id).remove());
    const inUse = (error: unknown) => error instanceof EngineError && /has active endpoints/.test(error.message);
    try {
      await whileInUse(async () => void (await remove()), inUse, call.signal);
    } catch (error) {
      if (!inUse(error)) throw error;
      const network = await this.#engine.docker.getNetwork(id).inspect();
      const holders = Object.values((network as NetworkInspectInfo).Containers ?? {}).map(({ Name }) => Name);
      throw new Error(
        `the network ${inputs.name ?? id} is still used by ${holders.join(", ") || "a container"}; ` +
          "remove or disconnect what uses it, then try again",
      );
    }
  }

  async #inspect(id: string): Promise<Observed | undefined> {
    const network = await found(this.#engine, () => this.#engine.docker.getNetwork(id).inspect());
    return network && observed(network as NetworkInspectInfo);
  }
}

/** The inputs as the engine's API wants them. */
function networkSpec(inputs: PlainMap) {
  const ipamConfigs = (inputs.ipamConfigs ?? []) as PlainMap[];
  const driver = inputs.ipamDriver as string | undefined;
  const options = inputs.ipamOptions as Record<string, string> | undefined;
  return {
    Name: inputs.name as string,
    ...(inputs.driver === undefined ? {} : { Driver: inputs.driver as string }),
    Internal: inputs.internal === true,
    Attachable: inputs.attachable === true,
    Ingress: inputs.ingress === true,
    EnableIPv6: inputs.ipv6 === true,
    Labels: labelMap(inputs.labels),
    Options: (inputs.options ?? {}) as Record<string, string>,
    IPAM: {
      Driver: driver ?? "default",
      Options: options ?? {},
      Config: ipamConfigs.map((config) => ({
        ...(config.subnet === undefined ? {} : { Subnet: config.subnet as string }),
        ...(config.gateway === undefined ? {} : { Gateway: config.gateway as string }),
        ...(config.ipRange === undefined ? {} : { IPRange: config.ipRange as string }),
        ...(config.auxAddress === undefined ? {} : { AuxiliaryAddresses: config.auxAddress as Record<string, string> }),
      })),
    },
  };
}

function observed(network: NetworkInspectInfo): Observed {
  const ipam = network.IPAM ?? {};
  return {
    id: network.Id,
    outputs: {
      name: network.Name,
      driver: network.Driver,
      internal: network.Internal,
      attachable: network.Attachable,
      ingress: network.Ingress,
      ipv6: network.EnableIPv6,
      labels: labelList(network.Labels),
      options: network.Options ?? {},
      ipamDriver: ipam.Driver ?? "default",
      ipamOptions: ipam.Options ?? {},
      ipamConfigs: (ipam.Config ?? []).map((config) => {
        const { Subnet, Gateway, IPRange, AuxiliaryAddresses } = config as Record<string, string> & {
          AuxiliaryAddresses?: Record<string, string>;
        };
        return {
          ...(Subnet ? { subnet: Subnet } : {}),
          ...(Gateway ? { gateway: Gateway } : {}),
          ...(IPRange ? { ipRange: IPRange } : {}),
          ...(AuxiliaryAddresses && Object.keys(AuxiliaryAddresses).length > 0
            ? { auxAddress: AuxiliaryAddresses }
            : {}),
        };
      }),
      scope: network.Scope,
    },
  };
}

function networkError(name: string, error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  if (/already exists/.test(error.message)) {
    return new Error(`a network named ${name} exists already; import it to take it over, or choose another name`);
  }
  if (/could not find an available|all predefined address pools/.test(error.message)) {
    return new Error(
      `the engine has no free addresses for the network ${name}; remove networks that nothing uses ` +
        "(docker network prune), or give this one a subnet of its own",
    );
  }
  return new Error(`the network ${name} could not be created: ${error.message}`);
}
