import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import type { ContainerState, Engine } from "../../../components/docker/engine.ts";
import { ReleaseGate } from "../../../components/docker/releaseGate.ts";
import type { Service } from "../../../compose/model.ts";
import { service } from "../../support/app.ts";
import { running } from "../../support/containerState.ts";

const exited = (exitCode: number, more: Partial<ContainerState> = {}) => ({
  ...running,
  status: "exited",
  exitCode,
  ...more,
});

/** An engine with containers, whose id begins with the name of their service, and what comes of each when it is started. */
class FakeEngine {
  readonly containersNow: Map<string, ContainerState>;
  readonly #afterStart: ContainerState | Error;
  readonly started: string[] = [];

  constructor(containers: Record<string, ContainerState>, afterStart: ContainerState | Error) {
    this.containersNow = new Map(Object.entries(containers));
    this.#afterStart = afterStart;
  }

  async containers() {
    return [...this.containersNow].map(([id, { name, status }]) => ({ id, name, service: id.split(".")[0], status }));
  }

  async remove(id: string) {
    this.containersNow.delete(id);
  }

  async state(id: string) {
    return this.containersNow.get(id);
  }

  async start(id: string) {
    this.started.push(id);
    // Long enough for others to ask for the same.
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.#afterStart instanceof Error) {
      this.containersNow.set(id, exited(127, { error: this.#afterStart.message }));
      throw this.#afterStart;
    }
    this.containersNow.set(id, this.#afterStart);
  }

  async logs() {
    return "boom";
  }
}

interface Case {
  readonly service?: Partial<Service>;
  readonly before?: ContainerState;
  /** Of an update that was killed, and that the state does not know. */
  readonly leftover?: ContainerState;
  /** The one that this update makes. */
  readonly made?: ContainerState;
  readonly afterStart?: ContainerState | Error;
}

/** How an update of one service ends, and how often its container was started by the gate. */
async function outcome({ service: more, before, leftover, made, afterStart = running }: Case) {
  const there = { ...(before ? { web: before } : {}), ...(leftover ? { "web.old": leftover } : {}) };
  const engine = new FakeEngine(there, afterStart);
  const web = service("web", { restart: { policy: "unless-stopped" }, ...more });
  const images = pulumi.output<Record<string, string>>({});
  const gate = new ReleaseGate(engine as unknown as Engine, "shop/dev", images, pulumi.output([]), 1);
  gate.watch(web, { id: pulumi.output("web") } as unknown as docker.Container);
  const condition = web.job ? "completed" : "started";
  const first = gate.dependencies(service("first"), []);
  await first;
  if (made) engine.containersNow.set("web", made);
  const waits = Promise.all(await gate.dependencies(service("app", { dependsOn: { web: condition } }), []));
  const failed = await Promise.all([gate.released([]), waits]).then(
    () => "",
    (error) => String(error.message),
  );
  expect([...engine.containersNow.keys()]).toEqual(["web"]);
  return { failed, started: engine.started.length };
}

// Against an engine that only answers. That Docker does is shown by the engine.
describe("ReleaseGate", () => {
  beforeEach(async () => {
    await pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs },
      "shop",
      "dev",
      false,
      "acme",
    );
  });

  const fate = (what: string) => `The release did not come up: service "web" (container shop-web-1) ${what}.`;
  const printed = "\nThe last it printed:\n    boom";
  const worker = { restart: { policy: "no" } } as const;
  const job = { ...worker, job: true } as const;
  const server = { ...worker, ports: [{ protocol: "udp", target: 53, published: 53 }] } as const;

  it.each<[string, Case, string, number]>([
    ["starts what was stopped", { before: exited(0) }, "", 1],
    ["starts what ended by a signal", { before: exited(143) }, "", 1],
    ["starts what was killed, or ended with its machine", { before: exited(137), service: server }, "", 1],
    ["starts a worker that ended with its machine", { before: exited(255), service: worker }, "", 1],
    ["leaves what came to its end by itself", { before: exited(0), service: worker }, "", 0],
    ["leaves what runs", { before: running }, "", 0],
    ["removes what an interrupted update left over", { leftover: running, made: running }, "", 0],
    [
      "removes it although its successor fails",
      { leftover: running, made: exited(3), service: server },
      fate("exited with code 3") + printed,
      0,
    ],
    [
      "tells of a crash after the start, and starts it no more",
      { before: exited(137), service: server, afterStart: exited(3) },
      fate("exited with code 3") + printed,
      1,
    ],
    [
      "tells what cannot be started",
      { before: exited(127), afterStart: new Error("exec: no such file") },
      fate("could not be started: exec: no such file"),
      1,
    ],
    [
      "starts no new container that crashed",
      { made: exited(3), service: server },
      fate("exited with code 3") + printed,
      0,
    ],
    [
      "starts no new container of a server that ended",
      { made: exited(0), service: server },
      fate("exited with code 0") + printed,
      0,
    ],
    [
      "runs a job again that failed in an earlier update",
      { before: exited(3), service: job, afterStart: exited(0) },
      "",
      1,
    ],
    ["does not run a job again that is done", { before: exited(0), service: job }, "", 0],
    [
      "tells of a job that fails again, and runs it no more",
      { before: exited(3), service: job, afterStart: exited(4) },
      fate("exited with code 4") + printed,
      1,
    ],
    ["does not run a job twice that fails", { made: exited(3), service: job }, fate("exited with code 3") + printed, 0],
    [
      "runs a job with a restart policy again, which Docker is not told of",
      { before: exited(3), service: { ...job, restart: { policy: "on-failure" } }, afterStart: exited(0) },
      "",
      1,
    ],
  ])("%s", async (_, given, failed, started) => {
    expect(await outcome(given)).toEqual({ failed, started });
  });
});
