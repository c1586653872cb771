import type { ServiceError } from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { describe, expect, it } from "vitest";
import { fromStruct, Secret, toStruct, UNKNOWN } from "../../../embedded/core/value.ts";
import { client, configure, create, lamps, read, send, type Unary, urn } from "./lampProvider.ts";

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
