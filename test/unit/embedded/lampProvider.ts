import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Call, type Configured, PartialFailure, type ResourceHandler } from "../../../embedded/core/handler.ts";
import { ProviderService } from "../../../embedded/core/providerService.ts";
import { fromStruct, type PlainMap, toStruct, type ValueMap } from "../../../embedded/core/value.ts";
import { facts } from "./sampleFacts.ts";

/** Of the lamp that is asked about. */
export const urn = "urn:pulumi:dev::app::my:Room$house:index/lamp:Lamp::desk";

/** Lamps in memory. */
class Lamps implements ResourceHandler {
  readonly lamps = new Map<string, PlainMap>();
  street: unknown;

  async create(inputs: PlainMap, call: Call) {
    if (inputs.socket === "broken") throw new Error("the socket is broken");
    if (inputs.socket === "slow") {
      await new Promise((_resolve, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
    }
    const observed = { id: `lamp/${inputs.name}`, outputs: { address: "10.0.0.1", log: `${inputs.colour} is on` } };
    this.lamps.set(observed.id, inputs);
    if (inputs.socket === "loose") throw new PartialFailure("the lamp flickers", observed);
    return observed;
  }

  async read(id: string, inputs: PlainMap | undefined) {
    const lamp = this.lamps.get(id);
    if (lamp === undefined) return undefined;
    const drift: PlainMap =
      inputs !== undefined && inputs.colour !== lamp.colour ? { colour: lamp.colour ?? null } : {};
    return { id, outputs: { address: "10.0.0.1" }, drift };
  }

  async importInputs({ id }: { id: string }) {
    return this.lamps.get(id) ?? {};
  }

  async update(id: string, _olds: PlainMap, news: PlainMap) {
    this.lamps.set(id, news);
    return { id, outputs: { address: "10.0.0.2" } };
  }

  async delete(id: string) {
    this.lamps.delete(id);
  }
}

/** Those of the test at work. */
export let lamps = new Lamps();
const service = new ProviderService({
  facts,
  configure: async (config): Promise<Configured> => {
    if (config.street === "nowhere") throw new Error("there is no such street");
    lamps.street = config.street;
    return {
      resources: { "house:index/lamp:Lamp": lamps },
      functions: { "house:index/time:time": async ({ zone }) => ({ now: `noon in ${zone}` }) },
    };
  },
});
const server = new Server();
export let client: InstanceType<typeof services.ResourceProviderClient>;

beforeAll(async () => {
  server.addService(services.ResourceProviderService, service.implementation());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  client = new services.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});
beforeEach(async () => {
  lamps = new Lamps();
  await configure({ street: "Elm" });
});

export type Unary<Request, Response> = (
  request: Request,
  done: (error: ServiceError | null, response: Response) => void,
) => unknown;

export function send<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

export function configure(args: ValueMap) {
  const request = new messages.ConfigureRequest();
  request.setArgs(toStruct(args));
  return send(client.configure as Unary<typeof request, InstanceType<typeof messages.ConfigureResponse>>, request);
}

export async function create(properties: ValueMap, { preview = false, timeout = 0 } = {}) {
  const request = new messages.CreateRequest();
  request.setUrn(urn);
  request.setProperties(toStruct(properties));
  request.setPreview(preview);
  request.setTimeout(timeout);
  const response = await send(
    client.create as Unary<typeof request, InstanceType<typeof messages.CreateResponse>>,
    request,
  );
  return { id: response.getId(), properties: fromStruct(response.getProperties()) };
}

export async function read(id: string, inputs?: ValueMap) {
  const request = new messages.ReadRequest();
  request.setUrn(urn);
  request.setId(id);
  if (inputs !== undefined) request.setInputs(toStruct(inputs));
  const response = await send(
    client.read as Unary<typeof request, InstanceType<typeof messages.ReadResponse>>,
    request,
  );
  return {
    id: response.getId(),
    inputs: fromStruct(response.getInputs()),
    properties: fromStruct(response.getProperties()),
  };
}
