import type { PackageFacts } from "../core/facts.ts";
import type { Call, Observed, Provider, ResourceHandler } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import type { Client } from "./client.ts";
import type { Request } from "./protocol.ts";

/**
 * A provider that asks a daemon, which outlives the command, for everything.
 * @param placeOf what of its configuration the daemon is told with each request
 */
export function remoteProvider<Place>(
  facts: PackageFacts,
  client: Client,
  placeOf: (config: PlainMap) => Place,
): Provider {
  return {
    facts,
    configure: async (config) => {
      const place = placeOf(config);
      return {
        resources: Object.fromEntries(
          Object.keys(facts.resources).map((type) => [type, new RemoteHandler(client, type, place)]),
        ),
        functions: Object.fromEntries(
          Object.keys(facts.functions).map((token) => [
            token,
            async (args, { signal, log }) =>
              (await client.ask({ kind: "function", token, args, place }, { log }, signal)) as PlainMap,
          ]),
        ),
      };
    },
  };
}

/** Has the daemon keep the resources of one type. */
class RemoteHandler<Place> implements ResourceHandler {
  readonly #client: Client;
  readonly #type: string;
  readonly #place: Place;

  constructor(client: Client, type: string, place: Place) {
    this.#client = client;
    this.#type = type;
    this.#place = place;
  }

  create(inputs: PlainMap, call: Call): Promise<Observed> {
    return this.#ask({ operation: "create", inputs }, call);
  }

  read(id: string, inputs: PlainMap | undefined, outputs: PlainMap, call: Call): Promise<Observed | undefined> {
    return this.#ask({ operation: "read", id, outputs, ...(inputs ? { inputs } : {}) }, call);
  }

  importInputs({ id, outputs }: Observed, call: Call): Promise<PlainMap> {
    return this.#ask({ operation: "importInputs", id, outputs }, call);
  }

  update(id: string, inputs: PlainMap, news: PlainMap, outputs: PlainMap, call: Call): Promise<Observed> {
    return this.#ask({ operation: "update", id, inputs, news, outputs }, call);
  }

  delete(id: string, inputs: PlainMap, outputs: PlainMap, call: Call): Promise<void> {
    return this.#ask({ operation: "delete", id, inputs, outputs }, call);
  }

  async #ask<T>(asked: Partial<Extract<Request<Place>, { kind: "resource" }>>, call: Call): Promise<T> {
    const { urn, name, signal, log } = call;
    const whole = { kind: "resource", type: this.#type, place: this.#place, urn, name, ...asked } as Request<Place>;
    return (await this.#client.ask(whole, { log }, signal)) as T;
  }
}
