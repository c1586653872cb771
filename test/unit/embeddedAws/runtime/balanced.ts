import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect } from "vitest";
import { LoadBalancers } from "../../../../embedded/aws/runtime/balancing/loadBalancers.ts";
import { TargetGroups } from "../../../../embedded/aws/runtime/balancing/targetGroups.ts";
import { eventually } from "../../../support/eventually.ts";
import { forwardTo, listener, loadBalancer, newWorld, surroundingsOf, targetGroup } from "./world.ts";

/** Of the balancer: another one for each of the processes that run tests at the same time. */
export const address = `127.40.250.${process.env.VITEST_POOL_ID}`;
export const port = 18080;
const folder = mkdtempSync(join(tmpdir(), "retrofit-balancing-"));
export const group = targetGroup("web");
/** An application load balancer. */
export const balancer = loadBalancer(address);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

// What the balancer of the test at work is made of.
export let world = newWorld();
export let balancers: LoadBalancers;
export let targets: TargetGroups;
const servers: Server[] = [];

/** Makes the balancer, with one listener. @param changes of the listener @param others listeners beside it */
export function setUp(
  changes: Partial<ReturnType<typeof listener>> = {},
  others: readonly ReturnType<typeof listener>[] = [],
): Promise<void> {
  world = newWorld();
  world.loadBalancers.push(balancer);
  world.targetGroups.push(group);
  world.listeners.push(listener(balancer, port, { action: forwardTo(group), ...changes }), ...others);
  const surroundings = surroundingsOf(world, folder);
  balancers = new LoadBalancers(surroundings, () => targets, 100);
  targets = new TargetGroups(surroundings, (arn) => balancers.sources(arn));
  return balancers.changed();
}

/** Has a server listen until the test is over; answers its port. */
export async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => socket.on("error", () => undefined)); // cut after the test
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A target that answers with what a function says. */
export async function target(
  name: string,
  handle: (q: IncomingMessage, a: ServerResponse) => void,
  healthy = true,
): Promise<void> {
  const server = createServer((q, a) =>
    q.headers["user-agent"]?.startsWith("ELB-") ? a.writeHead(healthy ? 200 : 500).end() : handle(q, a),
  );
  register(name, await listen(server));
  if (healthy) await eventually(async () => expect(targets.stateOf(group.targetGroupArn, name)).toBe("healthy"));
}

/** Makes what listens at a port of this machine a target. */
export function register(name: string, at: number): void {
  targets.register(group.targetGroupArn, {
    taskArn: name,
    id: `10.0.0.${name.length}`,
    host: "127.0.0.1",
    port: at,
    endpoint: { securityGroups: ["sg-tasks"], address: "10.123.4.9" },
    neverHealthy: false,
  });
}

/** Asks the balancer. */
export function ask(path = "/", options: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, agent: false, ...options }, async (answer) => {
      let text = "";
      try {
        for await (const chunk of answer) text += chunk;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
      } catch (error) {
        reject(error);
      }
    });
    asked.on("error", reject).end(body);
  });
}

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  balancers.close();
  targets.close();
  for (const server of servers.splice(0)) {
    server.close();
    (server as { closeAllConnections?(): void }).closeAllConnections?.();
  }
});
