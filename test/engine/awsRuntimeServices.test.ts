import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loopbackAddress } from "../../embedded/aws/balancing/addresses.ts";
import type { ServiceSpec } from "../../embedded/aws/ecs/service.ts";
import { tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";
import { Running } from "../unit/embeddedAws/runtime/running.ts";
import { web } from "../unit/embeddedAws/runtime/webApp.ts";
import {
  definition,
  forwardTo,
  listener,
  loadBalancer,
  namespace,
  script,
  service,
  targetGroup,
} from "../unit/embeddedAws/runtime/world.ts";

const running = new Running();
const { world } = running;
const address = loopbackAddress(running.cloud, 1);
const port = 18080;
const group = targetGroup("web");
const balancer = loadBalancer(address);

/** Asks again and again, one after another, over connections that are kept. */
class Load {
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  readonly #workers: Promise<void>[];
  #on = true;

  constructor(workers = 3) {
    this.#workers = Array.from({ length: workers }, () => this.#work(new Agent({ keepAlive: true, maxSockets: 1 })));
  }

  async #work(agent: Agent): Promise<void> {
    while (this.#on) {
      const { status, body } = await get("/", agent).catch((error: Error) => ({ status: 0, body: error.message }));
      if (status === 200) this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
      else this.failures.push(`${status} ${body}`);
    }
    agent.destroy();
  }

  async end(): Promise<void> {
    this.#on = false;
    await Promise.all(this.#workers);
  }
}

function get(path: string, agent?: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, ...(agent ? { agent } : { agent: false }) }, async (answer) => {
      let body = "";
      for await (const chunk of answer) body += chunk;
      resolve({ status: answer.statusCode ?? 0, body });
    });
    asked.on("error", reject).end();
  });
}

const balanced = {
  healthCheckGracePeriod: 60,
  loadBalancers: [{ targetGroupArn: group.targetGroupArn, containerName: "app", containerPort: 8000 }],
};
const offers = (discoveryName: string) => ({
  serviceConnect: {
    namespace,
    services: [{ portName: "http", discoveryName, clientAliases: [{ dnsName: discoveryName, port: 80 }] }],
  },
});
const messages = (spec: ServiceSpec) =>
  running.runtime.serviceStatus(spec.serviceArn).events.map(({ message }) => message);

beforeAll(async () => {
  await tinyImage();
  world.loadBalancers.push(balancer);
  world.targetGroups.push({
    ...group,
    healthCheck: { ...group.healthCheck, path: "/health", timeout: 5, unhealthyThreshold: 5 },
  });
  world.listeners.push(listener(balancer, port, { action: forwardTo(group) }));
  await running.runtime.start();
});

afterAll(() => running.remove());

describe("services", () => {
  const [back1, back2] = [web("back", "b1", 1), web("back", "b2", 2)];
  const asking = {
    environment: [
      { name: "RELEASE", value: "f1" },
      { name: "BACKEND", value: "http://back/" },
    ],
  };
  const front1 = web("front", "f1", 1, asking);
  const back = service("back", back1.taskDefinitionArn, offers("back"));
  const front = service("front", front1.taskDefinitionArn, {
    ...balanced,
    serviceConnect: { namespace, services: [] },
  });

  it("find one another by the names of Service Connect, and are reached through the load balancer", async () => {
    running.define(back1, back2, front1);
    running.deploy(back);
    running.deploy(front);
    await running.steady(back);
    await running.steady(front);
    expect(await get("/")).toEqual({ status: 200, body: "f1 b1" });
    expect(messages(front).slice(0, 2)).toEqual([
      "(service front) has reached a steady state.",
      expect.stringMatching(/^\(service front\) \(deployment ecs-svc\/\d{19}\) deployment completed\.$/),
    ]);
    expect(
      messages(front).some(
        (message) => message === `(service front) registered 1 targets in (target-group ${group.targetGroupArn})`,
      ),
    ).toBe(true);
    expect(running.runtime.targetHealth(group.targetGroupArn)).toMatchObject([
      { id: "10.123.4.5", port: 8000, state: "healthy" },
    ]);
  });

  it("know only the names that there were when their deployment began", async () => {
    const late = web("late", "l1", 1);
    running.define(late);
    running.deploy(service("late", late.taskDefinitionArn, offers("late")));
    const [task] = running.runtime
      .tasks()
      .filter(({ group: of, lastStatus }) => of === "service:front" && lastStatus === "RUNNING");
    const { app = "" } = await running.containers(task ?? { taskArn: "" });
    const hosts = await docker("exec", app, "cat", "/etc/hosts");
    expect(hosts).toMatch(/^198\.19\.0\.1\tback$/m);
    expect(hosts).not.toContain("late");
    await running.runtime.serviceRemoved(service("late", "").serviceArn);
    world.services.delete(service("late", "").serviceArn);
  });

  it("do not reach what the security groups close", async () => {
    world.allows = (_, to, at) => !(at === 8000 && to.securityGroups.includes("sg-closed"));
    const closed = web("closed", "c1", 1);
    running.define(closed);
    const spec = service("closed", closed.taskDefinitionArn, {
      ...offers("closed"),
      network: { subnets: back.network?.subnets ?? [], securityGroups: ["sg-closed"], assignPublicIp: true },
    });
    running.deploy(spec);
    await running.steady(spec);
    const client = service("client", definition("client", []).taskDefinitionArn, {
      serviceConnect: { namespace, services: [] },
    });
    const text =
      "for name in closed back; do python -c \"import urllib.request; print(urllib.request.urlopen('http://$name/').read().decode())\" 2>&1 | tail -n 1; done; exec sleep 600";
    running.define(definition("client", [script("app", text, { image: "python:3.13-slim" })]));
    running.deploy(client);
    await running.steady(client);
    await eventually(async () => expect(await running.logs("app/app/")).toContain("b1"));
    expect((await running.logs("app/app/")).some((line) => line.includes("Connection reset"))).toBe(true);
    // Nor directly: only the cloud's proxies get in.
    const [{ containers: [target] = [] } = {}] = running.runtime
      .tasks()
      .filter(({ group: of }) => of === "service:closed");
    const [asker] = running.runtime
      .tasks()
      .filter(({ group: of, lastStatus }) => of === "service:client" && lastStatus === "RUNNING");
    const { app = "" } = await running.containers(asker ?? { taskArn: "" });
    const direct = `import socket; socket.create_connection(("${target?.networkInterfaces[0]?.privateIpv4Address}", 8000), 2)`;
    await expect(docker("exec", app, "python", "-c", direct)).rejects.toThrow(/timed out|TimeoutError/);
    for (const each of [spec, client]) {
      await running.runtime.serviceRemoved(each.serviceArn);
      world.services.delete(each.serviceArn);
    }
    world.allows = () => true;
  });

  it("are replaced and scaled 1 -> 3 -> 1 under load without a failed request", async () => {
    const load = new Load();
    const scaled = (spec: ServiceSpec, desiredCount: number) => ({ ...spec, desiredCount });
    running.deploy(scaled(front, 3));
    await running.steady(scaled(front, 3));
    running.deploy({ ...back, taskDefinition: back2.taskDefinitionArn });
    await running.steady({ ...back, taskDefinition: back2.taskDefinitionArn });
    running.deploy(front);
    await running.steady(front);
    running.deploy(front, true);
    await running.service(front, ({ deployments: [primary] }) => primary?.rolloutState === "IN_PROGRESS");
    await running.steady(front);
    await load.end();
    expect(load.failures).toEqual([]);
    expect([...load.answers.keys()].sort()).toEqual(["f1 b1", "f1 b2"]);
    expect([...load.answers.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
    expect((await get("/")).body).toBe("f1 b2");
    const metrics = await running.runtime.serviceMetrics(front.serviceArn);
    expect(metrics.requestsPerTarget[group.targetGroupArn]).toBeGreaterThan(0);
    expect(metrics.cpu).toBeGreaterThanOrEqual(0);
    expect(metrics.memory).toBeGreaterThan(0);
  });

  it("go back to the release before when the new one never gets healthy, and serve on meanwhile", async () => {
    const bad = web("front", "bad", 2, {
      healthCheck: { command: ["CMD", "false"], interval: 1, timeout: 2, retries: 1, startPeriod: 0 },
    });
    running.define(bad);
    const load = new Load(1);
    running.deploy({ ...front, taskDefinition: bad.taskDefinitionArn, healthCheckGracePeriod: 0 });
    const status = await running.service(front, ({ deployments }) =>
      deployments.some(({ rolloutState }) => rolloutState === "FAILED"),
    );
    const [primary, failed] = status.deployments;
    expect(primary).toMatchObject({ status: "PRIMARY", taskDefinition: front1.taskDefinitionArn, runningCount: 1 });
    // Its own state says so only until it is complete.
    expect(messages(front)).toContain(`(service front) rolling back to deployment ${primary?.id}.`);
    expect(failed).toMatchObject({
      status: "ACTIVE",
      taskDefinition: bad.taskDefinitionArn,
      failedTasks: 3,
      rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
    });
    expect(world.rolledBack).toEqual([front1.taskDefinitionArn]);
    await running.service(front, ({ deployments: [first] }) => first?.rolloutState === "COMPLETED");
    await load.end();
    expect(load.failures).toEqual([]);
    // The bad one answers until its own check has found it out: load balancers ask only by theirs.
    expect(load.answers.get("f1 b2")).toBeGreaterThan(0);
    const stopped = running.runtime
      .tasks()
      .filter(({ taskDefinitionArn, stopCode }) => taskDefinitionArn === bad.taskDefinitionArn && stopCode);
    expect(stopped.map(({ stoppedReason }) => stoppedReason)).toContain("Task failed container health checks");
  });

  it("start again what dies, ever more slowly", async () => {
    const crash = definition("crash", [script("app", "exit 3")]);
    running.define(crash);
    const spec = service("crash", crash.taskDefinitionArn);
    running.deploy(spec);
    const status = await running.service(spec, ({ deployments: [primary] }) => primary?.rolloutState === "FAILED");
    expect(status).toMatchObject({ runningCount: 0, deployments: [{ failedTasks: 3 }] });
    expect(messages(spec)).toContain("(service crash) is unable to consistently start tasks successfully.");
    const tasks = running.runtime.tasks().filter(({ group: of }) => of === "service:crash");
    expect(tasks).toHaveLength(3);
    expect(tasks[0]).toMatchObject({ stopCode: "EssentialContainerExited", containers: [{ exitCode: 3 }] });
    await running.runtime.serviceRemoved(spec.serviceArn);

    const [task] = running.runtime
      .tasks()
      .filter(({ group: of, lastStatus }) => of === "service:back" && lastStatus === "RUNNING");
    const { app = "" } = await running.containers(task ?? { taskArn: "" });
    await docker("kill", app);
    await running.until(task ?? { taskArn: "" }, "STOPPED");
    await running.service(back, ({ runningCount, pendingCount }) => runningCount + pendingCount === 1);
    await eventually(async () => expect(await get("/")).toEqual({ status: 200, body: "f1 b2" }));
  });

  it("are gone when they are removed", async () => {
    for (const { serviceArn } of [front, back]) {
      await running.runtime.serviceRemoved(serviceArn);
      world.services.delete(serviceArn);
      expect(running.runtime.serviceStatus(serviceArn).status).toBe("INACTIVE");
    }
    expect((await running.left()).filter((name) => name.startsWith("container"))).toEqual([]);
    expect((await get("/")).status).toBe(503);
  });
});
