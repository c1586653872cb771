import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { describe, expect, it } from "vitest";
import { fromStruct, toStruct } from "../../../embedded/core/value.ts";
import { client, send, type Unary, urn } from "./lampProvider.ts";

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
