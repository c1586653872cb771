import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Publisher } from "../../../components/docker/engine.ts";
import { preflight } from "../../../components/docker/preflight.ts";
import type { App } from "../../../compose/model.ts";
import { freePort } from "../../../tools/freePort.mjs";

describe("preflight", () => {
  let port: number;
  let holder: Server;

  beforeAll(async () => {
    port = await freePort();
    holder = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
  });
  afterAll(() => holder.close());

  /** What it says of a port that is held, and of which the engine says so much. */
  const said = (publishers: readonly Publisher[]) => {
    const ports = [{ protocol: "tcp", target: 80, published: port }];
    const app = { file: "compose.yaml", services: new Map([["web", { name: "web", ports }]]) } as unknown as App;
    const engine = { publishers: async () => [...publishers] };
    return preflight(app, engine, "127.0.0.1", "retrofit/dev").then(
      () => "",
      (error) => String(error.message),
    );
  };
  const container = (more: Partial<Publisher>): Publisher => ({
    name: "web-1",
    stack: "",
    ports: [port],
    restarting: false,
    ...more,
  });

  it("says that another program holds a port", async () => {
    const held = `compose.yaml: services.web.ports: port ${port} of 127.0.0.1 is held by another program.`;
    expect(await said([])).toContain(held);
    expect(await said([container({ stack: "retrofit/dev", ports: [port + 1] })])).toContain(held);
  });

  it("names the container that holds it, and its stack", async () => {
    expect(await said([container({})])).toContain("is held by container web-1. Stop it");
    expect(await said([container({ stack: "retrofit/prod" })])).toContain(
      "is held by container web-1 of stack retrofit/prod. Stop it",
    );
  });

  it("leaves its port to the container that the update replaces", async () => {
    expect(await said([container({ stack: "retrofit/dev" })])).toBe("");
  });

  it("leaves its port to one that crashes, which had it a moment ago and shows none between two starts", async () => {
    expect(await said([container({ stack: "retrofit/dev", ports: [], restarting: true })])).toBe("");
    expect(await said([container({ stack: "retrofit/prod", ports: [], restarting: true })])).toContain(
      "another program",
    );
  });
});
