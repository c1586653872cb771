import type { Call, Configured, Observed, Provider, ResourceHandler } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { Client } from "./daemon/client.ts";
import type { Request } from "./daemon/protocol.ts";
import { gcpFacts } from "./facts.ts";
import type { Place } from "./resources/kind.ts";

/**
 * Google Cloud, embedded. What is asked of it is asked of a daemon, which outlives the command.
 * @param folder of the cloud
 */
export function gcpProvider(folder: string): Provider {
  const client = new Client(folder);
  return { facts: gcpFacts, configure: async (config) => resources(client, placeOf(config)) };
}

function resources(client: Client, place: Place): Configured {
  return {
    resources: Object.fromEntries(
      Object.keys(gcpFacts.resources).map((type) => [type, new RemoteHandler(client, type, place)]),
    ),
    functions: Object.fromEntries(
      Object.keys(gcpFacts.functions).map((token) => [
        token,
        async (args, { signal, log }) =>
          (await client.ask({ kind: "function", token, args, place }, { log }, signal)) as PlainMap,
      ]),
    ),
  };
}

/** Has the daemon keep the resources of one type. */
class RemoteHandler implements ResourceHandler {
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

  async #ask<T>(asked: Partial<Extract<Request, { kind: "resource" }>>, call: Call): Promise<T> {
    const { urn, name, signal, log } = call;
    const whole = { kind: "resource", type: this.#type, place: this.#place, urn, name, ...asked } as Request;
    return (await this.#client.ask(whole, { log }, signal)) as T;
  }
}

/** Where resources go that do not say so themselves; the environment's variables are those of the real provider. */
function placeOf(config: PlainMap): Place {
  const setting = (key: string, ...variables: readonly string[]) => {
    const value = (config[key] as string | undefined) || variables.map((name) => process.env[name]).find(Boolean);
    return value ? { [key]: value } : {};
  };
  return {
    ...setting("project", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    ...setting("region", "GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    ...setting("zone", "GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
    defaultLabels: (config.defaultLabels ?? {}) as Record<string, string>,
    attribution: config.addPulumiAttributionLabel !== false,
  };
}
