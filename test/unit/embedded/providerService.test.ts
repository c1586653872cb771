import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Call, type Configured, PartialFailure, type ResourceHandler } from "../../../embedded/core/handler.ts";
import { ProviderService } from "../../../embedded/core/providerService.ts";
import { fromStruct, type PlainMap, Secret, toStruct, UNKNOWN, type ValueMap } from "../../../embedded/core/value.ts";
import { facts } from "./sampleFacts.ts";

const urn = "urn:pulumi:dev::app::my:Room$house:index/lamp:Lamp::desk";

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

let lamps = new Lamps();
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
let client: InstanceType<typeof services.ResourceProviderClient>;

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

type Unary<Request, Response> = (
  request: Request,
  done: (error: ServiceError | null, response: Response) => void,
) => unknown;

function send<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

function configure(args: ValueMap) {
  const request = new messages.ConfigureRequest();
  request.setArgs(toStruct(args));
  return send(client.configure as Unary<typeof request, InstanceType<typeof messages.ConfigureResponse>>, request);
}

async function create(properties: ValueMap, { preview = false, timeout = 0 } = {}) {
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

async function read(id: string, inputs?: ValueMap) {
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

describe("configuring", () => {
  it("takes secrets and names by the stack's configuration, and answers previews", async () => {
    const response = await configure({ street: "Elm" });
    expect(lamps.street).toBe("Elm");
    expect(response.toObject()).toMatchObject({
      acceptsecrets: true,
      supportspreview: true,
      supportsAutonamingConfiguration: true,
    });
  });

  it("waits for what is unknown yet", async () => {
    lamps.street = undefined;
    await configure({ street: UNKNOWN });
    expect(lamps.street).toBeUndefined();
  });

  it("says what is wrong", async () => {
    await expect(configure({ street: "nowhere" })).rejects.toMatchObject({ details: "there is no such street" });
  });
});

describe("creating", () => {
  it("gives id and outputs, and keeps secrets secret, where they are repeated too", async () => {
    expect(await create({ name: "a", socket: "E27", colour: new Secret("red"), __defaults: [] })).toEqual({
      id: "lamp/a",
      properties: {
        name: "a",
        socket: "E27",
        colour: new Secret("red"),
        address: "10.0.0.1",
        log: new Secret("red is on"),
      },
    });
    expect(lamps.lamps.get("lamp/a")).toEqual({ name: "a", socket: "E27", colour: "red" });
  });

  it("makes nothing in a preview", async () => {
    const { id, properties } = await create({ name: "a", socket: UNKNOWN }, { preview: true });
    expect(id).toBe("");
    expect(properties).toEqual({ name: "a", socket: UNKNOWN, serial: UNKNOWN, address: UNKNOWN, log: UNKNOWN });
    expect(lamps.lamps.size).toBe(0);
  });

  it("shows a failure as its message alone", async () => {
    await expect(create({ name: "a", socket: "broken" })).rejects.toMatchObject({ details: "the socket is broken" });
  });

  it("hands over what a failure left, for the state", async () => {
    const error: ServiceError = await create({ name: "a", socket: "loose", colour: new Secret("red") }).then(
      () => expect.fail("it must fail"),
      (reason) => reason,
    );
    expect(error.details).toBe("the lamp flickers");
    const [trailer] = error.metadata.get("grpc-status-details-bin");
    const [packed] = statusMessages.Status.deserializeBinary(trailer as Buffer).getDetailsList();
    expect(packed?.getTypeName()).toBe("pulumirpc.ErrorResourceInitFailed");
    const detail = messages.ErrorResourceInitFailed.deserializeBinary(packed?.getValue_asU8() as Uint8Array);
    expect(detail.getId()).toBe("lamp/a");
    expect(detail.getReasonsList()).toEqual(["the lamp flickers"]);
    expect(fromStruct(detail.getProperties())).toMatchObject({ colour: new Secret("red"), address: "10.0.0.1" });
    expect(fromStruct(detail.getInputs())).toEqual({ name: "a", socket: "loose", colour: new Secret("red") });
  });

  it("ends when the user interrupts", async () => {
    const creation = create({ name: "a", socket: "slow" });
    const expected = expect(creation).rejects.toMatchObject({ details: "interrupted" });
    await send(client.cancel as Unary<InstanceType<typeof empty.Empty>, unknown>, new empty.Empty());
    await expected;
    expect((await create({ name: "b", socket: "E27" })).id).toBe("lamp/b");
  });

  it("ends when the time allowed is over", async () => {
    await expect(create({ name: "a", socket: "slow" }, { timeout: 0.05 })).rejects.toMatchObject({
      details: "not done in 0.05 s (customTimeouts)",
    });
  });
});

describe("reading", () => {
  it("finds what drifted, as secret as it was", async () => {
    await create({ name: "a", socket: "E27", colour: "green" });
    const { id, inputs, properties } = await read("lamp/a", { name: "a", socket: "E27", colour: new Secret("red") });
    expect(id).toBe("lamp/a");
    expect(inputs).toEqual({ name: "a", socket: "E27", colour: new Secret("green") });
    expect(properties).toEqual({ name: "a", socket: "E27", colour: new Secret("green"), address: "10.0.0.1" });
  });

  it("finds the inputs of what is imported", async () => {
    await create({ name: "a", socket: "E27" });
    expect((await read("lamp/a")).inputs).toEqual({ name: "a", socket: "E27", __defaults: [] });
  });

  it("finds that something is gone", async () => {
    expect(await read("lamp/a", { name: "a" })).toEqual({ id: "", inputs: {}, properties: {} });
  });
});

describe("updating", () => {
  async function update(preview: boolean) {
    const request = new messages.UpdateRequest();
    request.setUrn(urn);
    request.setId("lamp/a");
    request.setOlds(toStruct({ name: "a", socket: "E27", watts: 5, address: "10.0.0.1" }));
    request.setOldInputs(toStruct({ name: "a", socket: "E27", watts: 5 }));
    request.setNews(toStruct({ name: "a", socket: "E27", colour: new Secret("red") }));
    request.setPreview(preview);
    const method = client.update as Unary<typeof request, InstanceType<typeof messages.UpdateResponse>>;
    return fromStruct((await send(method, request)).getProperties());
  }

  it("gives the new outputs", async () => {
    expect(await update(false)).toEqual({ name: "a", socket: "E27", colour: new Secret("red"), address: "10.0.0.2" });
    expect(lamps.lamps.get("lamp/a")).toEqual({ name: "a", socket: "E27", colour: "red" });
  });

  it("shows in a preview what will stay", async () => {
    expect(await update(true)).toEqual({ name: "a", socket: "E27", colour: new Secret("red"), address: "10.0.0.1" });
    expect(lamps.lamps.size).toBe(0);
  });
});

describe("checking and comparing", () => {
  it("names by the resource's name and the engine's seed", async () => {
    const request = new messages.CheckRequest();
    request.setUrn(urn);
    request.setNews(toStruct({ socket: "E27", bulbs: [{}] }));
    request.setRandomseed(new Uint8Array([1]));
    const method = client.check as Unary<typeof request, InstanceType<typeof messages.CheckResponse>>;
    const response = await send(method, request);
    expect(fromStruct(response.getInputs()).name).toMatch(/^desk-[0-9a-f]{7}$/);
    expect(response.getFailuresList().map((failure) => failure.toObject())).toEqual([
      { property: "", reason: "bulbs[0].size is required" },
    ]);
  });

  it("says what changed in every way that the engine understands", async () => {
    const request = new messages.DiffRequest();
    request.setUrn(urn);
    request.setId("lamp/a");
    request.setOldInputs(toStruct({ socket: "E27", tags: { a: "1" }, colour: "red", name: "mine" }));
    request.setNews(toStruct({ socket: "E14", tags: { a: "2" }, name: "mine", watts: 5 }));
    const method = client.diff as Unary<typeof request, InstanceType<typeof messages.DiffResponse>>;
    const { DIFF_SOME } = messages.DiffResponse.DiffChanges;
    const { ADD, DELETE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
    expect((await send(method, request)).toObject()).toEqual({
      changes: DIFF_SOME,
      diffsList: ["colour", "socket", "tags", "watts"],
      replacesList: ["socket"],
      stablesList: ["address"],
      deletebeforereplace: true,
      hasdetaileddiff: true,
      detaileddiffMap: [
        ["colour", { kind: DELETE, inputdiff: true }],
        ["socket", { kind: UPDATE_REPLACE, inputdiff: true }],
        ['tags["a"]', { kind: UPDATE, inputdiff: true }],
        ["watts", { kind: ADD, inputdiff: true }],
      ],
    });
  });

  it("compares with the old outputs where the engine sends no old inputs", async () => {
    const request = new messages.DiffRequest();
    request.setUrn(urn);
    request.setOlds(toStruct({ socket: "E27", address: "10.0.0.1", log: "on" }));
    request.setNews(toStruct({ socket: "E27" }));
    const method = client.diff as Unary<typeof request, InstanceType<typeof messages.DiffResponse>>;
    expect((await send(method, request)).getChanges()).toBe(messages.DiffResponse.DiffChanges.DIFF_NONE);
  });
});

describe("what is not there", () => {
  async function checked(token: string) {
    const request = new messages.CheckRequest();
    request.setUrn(`urn:pulumi:dev::app::${token}::x`);
    return send(client.check as Unary<typeof request, unknown>, request);
  }

  it.each([
    [
      "house:index/oven:Oven",
      "house:index/oven:Oven is not implemented by this stand-in for the house provider: too hot",
    ],
    ["house:index/sofa:Sofa", "house:index/sofa:Sofa is not implemented by this stand-in for the house provider"],
  ])("%s", async (token, message) => {
    await expect(checked(token)).rejects.toMatchObject({ details: message });
  });

  it("a function", async () => {
    const request = new messages.InvokeRequest();
    request.setTok("house:index/date:date");
    await expect(send(client.invoke as Unary<typeof request, unknown>, request)).rejects.toMatchObject({
      details: "the function house:index/date:date is not implemented by this stand-in for the house provider",
    });
  });
});

it("answers functions", async () => {
  const request = new messages.InvokeRequest();
  request.setTok("house:index/time:time");
  request.setArgs(toStruct({ zone: "Paris" }));
  const method = client.invoke as Unary<typeof request, InstanceType<typeof messages.InvokeResponse>>;
  expect(fromStruct((await send(method, request)).getReturn())).toEqual({ now: "noon in Paris" });
});

it("has a schema that is JSON and knows every type that it refers to", async () => {
  const request = new messages.GetSchemaRequest();
  const method = client.getSchema as Unary<typeof request, InstanceType<typeof messages.GetSchemaResponse>>;
  const text = (await send(method, request)).getSchema();
  const schema = JSON.parse(text);
  expect(schema).toMatchObject({ name: "house", version: "1.2.3" });
  expect(schema.resources["house:index/lamp:Lamp"].requiredInputs).toEqual(["socket"]);
  const references = [...text.matchAll(/"#\/types\/([^"]+)"/g)].map(([, name]) => name);
  expect(new Set(references)).toEqual(
    new Set(["house:index/Bulb:Bulb", "house:index/Shade:Shade", "house:index/Key:Key"]),
  );
  for (const name of references) expect(schema.types).toHaveProperty([name as string]);
});
