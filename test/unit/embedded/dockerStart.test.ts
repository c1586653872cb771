import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connect } from "../../../embedded/docker/connect.ts";
import { ContainerHandler } from "../../../embedded/docker/container.ts";
import { Journal } from "../../../embedded/docker/journal.ts";

/** An engine whose container prints `out` and is in this state from its start on. @returns what makes one, and what was asked */
async function engine(state: object) {
  const folder = mkdtempSync(join(tmpdir(), "retrofit-engine-"));
  const asked: string[] = [];
  let there = true;
  const server = createServer((request, response) => {
    const asks = `${request.method} ${request.url?.replace(/\?.*/, "")}`;
    asked.push(asks);
    const answer = (status: number, body: object | Buffer = {}) =>
      response.writeHead(status).end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    if (asks === "GET /images/tiny/json") answer(200, { Id: "sha256:1" });
    else if (asks === "POST /containers/create") answer(201, { Id: "c1" });
    else if (!there) answer(404, { message: "No such container: c1" });
    else if (asks === "GET /containers/c1/json") {
      answer(200, { Id: "c1", Name: "/web", Config: {}, HostConfig: {}, NetworkSettings: {}, State: state });
    } else if (asks === "GET /containers/c1/logs") answer(200, Buffer.from("\u0001\0\0\0\0\0\0\u0004out\n"));
    else {
      if (asks === "DELETE /containers/c1") there = false;
      response.writeHead(204).end();
    }
  });
  server.listen(join(folder, "socket"));
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const handler = new ContainerHandler(
    connect({ host: `unix://${join(folder, "socket")}` }, {}),
    new Journal(join(folder, "journal")),
  );
  const call = { urn: "urn", name: "web", signal: new AbortController().signal, log: () => undefined };
  const create = (inputs: object) => handler.create({ name: "web", image: "tiny", ...inputs }, call);
  return { create, asked };
}

const ended = { Running: false, ExitCode: 7, OOMKilled: false, Error: "" };

it("a container that ends at once was not brought up: it goes, with exit code and log", async () => {
  const { create, asked } = await engine(ended);
  await expect(create({})).rejects.toThrow(
    "the container web ended at once with exit code 7; the end of its log:\nout",
  );
  expect(asked.filter((each) => /^(POST|DELETE)/.test(each))).toEqual([
    "POST /containers/create",
    "POST /containers/c1/start",
    "POST /containers/c1/stop",
    "DELETE /containers/c1",
  ]);
});

it.each([
  ["one that runs on", { ...ended, Running: true }, {}],
  ["one that need not run", ended, { mustRun: false }],
])("%s stays", async (_, state, inputs) => {
  const { create, asked } = await engine(state);
  expect((await create(inputs)).id).toBe("c1");
  expect(asked).not.toContain("DELETE /containers/c1");
});
