import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as requestTls } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { LoadBalancers } from "../../../../embedded/aws/runtime/balancing/loadBalancers.ts";
import { TargetGroups } from "../../../../embedded/aws/runtime/balancing/targetGroups.ts";
import { eventually } from "../../../support/eventually.ts";
import { forwardTo, listener, loadBalancer, newWorld, surroundingsOf, targetGroup } from "./world.ts";

const address = "127.40.250.1";
const port = 18080;
const folder = mkdtempSync(join(tmpdir(), "retrofit-balancing-"));
const group = targetGroup("web");
const balancer = loadBalancer(address);

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let world = newWorld();
let balancers: LoadBalancers;
let targets: TargetGroups;
const servers: Server[] = [];

function setUp(changes: Partial<ReturnType<typeof listener>> = {}): Promise<void> {
  world = newWorld();
  world.loadBalancers.push(balancer);
  world.targetGroups.push(group);
  world.listeners.push(listener(balancer, port, { action: forwardTo(group), ...changes }));
  const surroundings = surroundingsOf(world, folder);
  balancers = new LoadBalancers(surroundings, () => targets);
  targets = new TargetGroups(surroundings, (arn) => balancers.sources(arn));
  return balancers.changed();
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => socket.on("error", () => undefined)); // cut after the test
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A target that answers with what a function says. */
async function target(
  name: string,
  handle: (q: IncomingMessage, a: ServerResponse) => void,
  healthy = true,
): Promise<void> {
  const server = createServer((q, a) =>
    q.headers["user-agent"]?.startsWith("ELB-") ? a.writeHead(healthy ? 200 : 500).end() : handle(q, a),
  );
  register(name, await listen(server));
  if (healthy) await eventually(async () => expect(targets.stateOf(group.targetGroupArn, name)).toBe("healthy"), 5);
}

function register(name: string, at: number): void {
  targets.register(group.targetGroupArn, {
    taskArn: name,
    id: `10.0.0.${name.length}`,
    host: "127.0.0.1",
    port: at,
    endpoint: { securityGroups: ["sg-tasks"], address: "10.123.4.9" },
    neverHealthy: false,
  });
}

function ask(path = "/", options: RequestOptions = {}, body?: string): Promise<Answer> {
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

afterEach(() => {
  balancers.close();
  targets.close();
  for (const server of servers.splice(0)) {
    server.close();
    (server as { closeAllConnections?(): void }).closeAllConnections?.();
  }
});

describe("an application load balancer", () => {
  it("passes requests on with its headers", async () => {
    await setUp();
    await target("a", (q, a) => a.end(JSON.stringify(q.headers)));
    const { body } = await ask("/", {
      headers: { Host: "example.org", "X-Forwarded-For": "203.0.113.9", Connection: "X-Hop", "X-Hop": "1" },
    });
    const seen = JSON.parse(body);
    expect(seen).toMatchObject({
      host: "example.org",
      "x-forwarded-for": "203.0.113.9, 127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-port": `${port}`,
      "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect(seen).not.toHaveProperty("x-hop");
  });

  it("passes bodies of any size through, both ways, as they come", async () => {
    await setUp();
    await target("a", (q, a) => {
      a.writeHead(201, { "X-Own": "1" });
      q.pipe(a);
    });
    const body = "0123456789abcdef".repeat(2 ** 20);
    const answer = await ask("/", { method: "POST" }, body);
    expect(answer.status).toBe(201);
    expect(answer.headers["x-own"]).toBe("1");
    expect(answer.body === body).toBe(true);
  });

  it("gives an early answer to a client that is still sending, as one that is too large does", async () => {
    await setUp();
    await target("a", (q, a) => {
      a.writeHead(413).end("too large");
      q.resume(); // as nginx does
    });
    const size = 21 * 1024 * 1024;
    const client = connect({ host: address, port });
    const ended = once(client, "close");
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
    // It reads once it has sent all, as many a client does.
    await new Promise<void>((resolve, reject) => {
      client.on("error", reject).write(Buffer.alloc(size), () => resolve());
    });
    const [first] = (await once(client, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 413 /);
    client.destroy();
    await ended;
  });

  it("sends the first byte of an answer before the last is there", async () => {
    await setUp();
    let finish = () => undefined as unknown;
    await target("a", (_, a) => {
      a.write("first");
      finish = () => a.end("last");
    });
    const asked = request({ host: address, port, agent: false }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    const [first] = await once(answer, "data");
    expect(`${first}`).toBe("first");
    finish();
    const [last] = await once(answer, "data");
    expect(`${last}`).toBe("last");
  });

  it("spreads requests over the healthy targets, and over all where none is", async () => {
    await setUp();
    for (const name of ["a", "bb"]) await target(name, (_, a) => a.end(name));
    await target("sick", (_, a) => a.end("sick"), false);
    await eventually(async () => expect(targets.stateOf(group.targetGroupArn, "sick")).toBe("unhealthy"), 5);
    const count = async () => {
      const bodies = [];
      for (let n = 0; n < 6; n++) bodies.push((await ask()).body);
      return bodies.sort().join(" ");
    };
    expect(await count()).toBe("a a a bb bb bb");
    expect(
      targets.health(group.targetGroupArn).map(({ state, reason, description }) => [state, reason, description]),
    ).toEqual([
      ["healthy", undefined, undefined],
      ["healthy", undefined, undefined],
      ["unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"],
    ]);
    for (const name of ["a", "bb"]) await targets.deregister(name, true);
    expect(await count()).toBe("sick sick sick sick sick sick");
  });

  it("answers 503 where nothing is registered, 502 for a target that does not answer properly", async () => {
    await setUp();
    const none = await ask();
    expect(none.status).toBe(503);
    expect(none.headers).toMatchObject({ server: "awselb/2.0", "content-type": "text/html" });
    expect(none.body).toBe(
      "<html>\r\n<head><title>503 Service Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
    );
    register("closed", await listen(createTcpServer((socket) => socket.destroy())));
    expect((await ask()).status).toBe(502);
    await targets.deregister("closed", false);
    register("garbled", await listen(createTcpServer((socket) => socket.end("hello\r\n\r\n"))));
    expect((await ask()).status).toBe(502);
    await targets.deregister("garbled", false);
    register("refused", 1);
    expect((await ask()).status).toBe(502);
  });

  it("answers 504 for a target that takes too long, and breaks off an answer that stops", async () => {
    await setUp();
    world.loadBalancers[0] = { ...balancer, idleTimeout: 0.3 };
    await balancers.changed();
    await target("slow", (q, a) => (q.url === "/half" ? a.write("half") : undefined));
    expect((await ask("/")).status).toBe(504);
    await expect(ask("/half")).rejects.toThrow(/aborted|hang up/);
  });

  it("does not notice a connection that its target has closed meanwhile", async () => {
    await setUp();
    let connections = 0;
    // It keeps each connection for one answer and a moment: what comes then is reset.
    const server = createTcpServer((socket) => {
      connections++;
      let answered = false;
      socket
        .on("error", () => undefined)
        .on("data", () => {
          if (answered) socket.resetAndDestroy();
          else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          answered = true;
        });
    });
    register("a", await listen(server));
    for (let n = 0; n < 5; n++) expect((await ask()).status).toBe(200);
    expect(connections).toBeGreaterThanOrEqual(5);
  });

  it("lets what is under way end before a target goes, and gives it nothing new", async () => {
    await setUp();
    const answers: ServerResponse[] = [];
    await target("a", (_, a) => void answers.push(a));
    const asked = ask();
    await eventually(async () => expect(answers).toHaveLength(1), 5);
    let gone = false;
    const leaving = targets.deregister("a", true).then(() => {
      gone = true;
    });
    expect((await ask()).status).toBe(503);
    expect(targets.health(group.targetGroupArn)).toMatchObject([{ state: "draining" }]);
    await sleep(100);
    expect(gone).toBe(false);
    answers[0]?.end("done");
    expect((await asked).body).toBe("done");
    await leaving;
    expect(targets.health(group.targetGroupArn)).toEqual([]);
  });

  it("waits for what is under way no longer than the deregistration delay", async () => {
    await setUp();
    world.targetGroups[0] = { ...group, deregistrationDelay: 0.2 };
    await target("a", () => undefined);
    const asked = ask().catch((error: Error) => error.message);
    await eventually(async () => expect(targets.requestsPerTarget(group.targetGroupArn, 60)).toBe(1), 5);
    const begun = Date.now();
    await targets.deregister("a", true);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(190);
    void asked;
  });

  it("redirects and answers by itself", async () => {
    await setUp({
      action: {
        type: "redirect",
        host: "#{host}",
        path: "/#{path}",
        port: "443",
        protocol: "HTTPS",
        query: "#{query}",
        statusCode: "HTTP_301",
      },
    });
    const answer = await ask("/a/b?c=d&e=f", { headers: { Host: `example.org:${port}` } });
    expect([answer.status, answer.headers.location]).toEqual([301, "https://example.org:443/a/b?c=d&e=f"]);
    world.listeners[0] = listener(balancer, port, {});
    await balancers.changed();
    expect((await ask()).body).toBe("hello");
  });

  it("adds and takes away the headers that the listener says", async () => {
    await setUp({ responseHeaders: { "Strict-Transport-Security": "max-age=1" }, serverHeader: false });
    await target("a", (_, a) => a.setHeader("Server", "x").setHeader("Set-Cookie", ["a=1", "b=2"]).end());
    const { headers } = await ask();
    expect(headers["strict-transport-security"]).toBe("max-age=1");
    expect(headers).not.toHaveProperty("server");
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  it("keeps a client with its target where the target group says so", async () => {
    await setUp();
    world.targetGroups[0] = { ...group, stickiness: { type: "lb_cookie", duration: 60 } };
    for (const name of ["a", "bb"]) await target(name, (_, a) => a.end(name));
    const first = await ask();
    const cookie = first.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    for (let n = 0; n < 4; n++) expect((await ask("/", { headers: { Cookie: cookie } })).body).toBe(first.body);
  });

  it("carries WebSockets", async () => {
    await setUp();
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.pipe(socket);
    });
    register("a", await listen(server));
    const asked = request({
      host: address,
      port,
      agent: false,
      headers: { Connection: "Upgrade", Upgrade: "websocket" },
    }).end();
    const [answer, socket] = (await once(asked, "upgrade")) as [IncomingMessage, Socket];
    expect(answer.statusCode).toBe(101);
    socket.write("ping");
    expect(`${(await once(socket, "data"))[0]}`).toBe("ping");
    socket.destroy();
  });

  it("reaches neither the world nor its targets where security groups do not let it", async () => {
    await setUp();
    await target("a", (_, a) => a.end("a"));
    expect((await ask()).body).toBe("a");
    world.allows = (_, { securityGroups }) => !securityGroups.includes("sg-tasks");
    await eventually(
      async () =>
        expect(targets.health(group.targetGroupArn)).toMatchObject([{ state: "unhealthy", reason: "Target.Timeout" }]),
      10,
    );
    expect((await ask()).status).toBe(503);
    world.allows = (from) => from.address !== "0.0.0.0";
    await balancers.changed();
    await expect(ask()).rejects.toThrow(/ECONNREFUSED/);
    world.allows = () => true;
    await balancers.changed();
    expect((await ask()).status).not.toBe(0);
  });

  it("says who else has its port", async () => {
    await setUp();
    balancers.close();
    const taken = createTcpServer().listen(port, address);
    await once(taken, "listening");
    await expect(setUp()).rejects.toThrow(`the load balancer cannot listen on ${address}:${port}: something else does`);
    taken.close();
    await once(taken, "close");
    await setUp();
    expect((await ask()).status).toBe(503);
  });
});

describe("an application load balancer with a certificate", () => {
  const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
  let pair = { certificate: "", chain: "", privateKey: "" };

  beforeAll(() => {
    const pem = execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "-",
        "-subj",
        "/CN=example.org",
        "-days",
        "2",
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    ).toString();
    const part = (name: string) =>
      new RegExp(`-----BEGIN ${name}-----[^]*?-----END ${name}-----\n`).exec(pem)?.[0] ?? "";
    pair = { certificate: part("CERTIFICATE"), chain: "", privateKey: part("PRIVATE KEY") };
  });

  async function secure(): Promise<void> {
    await setUp({ protocol: "HTTPS", certificateArn, sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }).catch(
      () => undefined,
    );
    world.certificates.set(certificateArn, pair);
    await balancers.changed();
  }

  it("ends TLS", async () => {
    await secure();
    await target("a", (q, a) => a.end(`${q.headers["x-forwarded-proto"]} ${q.headers.host}`));
    const asked = requestTls({
      host: address,
      port,
      agent: false,
      rejectUnauthorized: false,
      headers: { Host: "example.org" },
    }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    expect(`${(await once(answer, "data"))[0]}`).toBe("https example.org");
  });

  it("speaks HTTP/2 to who asks for it", async () => {
    await secure();
    await target("a", (q, a) => q.pipe(a.setHeader("X-Host", q.headers.host ?? "")));
    const session = connectHttp2(`https://${address}:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/", ":method": "POST", ":authority": "example.org" });
    stream.end("body");
    const [headers] = await once(stream, "response");
    expect([headers[":status"], headers["x-host"]]).toEqual([200, "example.org"]);
    expect(`${(await once(stream, "data"))[0]}`).toBe("body");
    session.destroy();
  });
});

describe("a network load balancer", () => {
  const network = loadBalancer(address, { type: "network", securityGroups: [] });
  const tcp = targetGroup("tcp", { protocol: "TCP", healthCheck: { ...group.healthCheck, protocol: "TCP" } });

  async function setUpTcp(changes: Partial<typeof tcp> = {}): Promise<void> {
    await setUp();
    const changed = { ...tcp, ...changes };
    world.loadBalancers.splice(0, 1, network);
    world.targetGroups.splice(0, 1, { ...changed, targetGroupArn: group.targetGroupArn });
    world.listeners.splice(0, 1, listener(network, port, { protocol: "TCP", action: forwardTo(group) }));
    await balancers.changed();
  }

  const open = async () => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  };

  it("carries bytes, and the end of each side by itself", async () => {
    await setUpTcp();
    register(
      "a",
      await listen(
        createTcpServer({ allowHalfOpen: true }, async (socket) => {
          let text = "";
          for await (const chunk of socket) text += chunk;
          socket.end(`got ${text}`);
        }),
      ),
    );
    const socket = await open();
    socket.end("hello");
    expect(`${(await once(socket, "data"))[0]}`).toBe("got hello");
    await once(socket, "end");
  });

  it("goes on to the next target when one refuses, and resets when none is left", async () => {
    await setUpTcp();
    register("refuses", 1);
    register("a", await listen(createTcpServer((socket) => socket.end("a"))));
    for (let n = 0; n < 4; n++) expect(`${(await once(await open(), "data"))[0]}`).toBe("a");
    await targets.deregister("a", false);
    const socket = await open();
    const [error] = await once(socket, "error").catch((reason) => [reason]);
    expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  });

  it("tells its targets who the client is, where the target group wants to know", async () => {
    await setUpTcp({ proxyProtocolV2: true });
    register(
      "a",
      await listen(createTcpServer((socket) => socket.once("data", (data) => socket.end(data.toString("hex"))))),
    );
    const socket = connect({ host: address, port, localAddress: "127.0.0.1" });
    const [header] = await once(socket, "data");
    const client = (socket.localPort ?? 0).toString(16).padStart(4, "0");
    const expected = `0d0a0d0a000d0a515549540a2111000c7f0000017f28fa01${client}${port.toString(16)}`;
    expect(`${header}`).toBe(expected);
  });

  it("keeps connections of a target that goes until they end", async () => {
    await setUpTcp();
    register("a", await listen(createTcpServer((socket) => socket.pipe(socket))));
    const socket = await open();
    socket.write("1");
    await once(socket, "data");
    const leaving = targets.deregister("a", true);
    socket.write("2");
    expect(`${(await once(socket, "data"))[0]}`).toBe("2");
    socket.end();
    await leaving;
  });
});
