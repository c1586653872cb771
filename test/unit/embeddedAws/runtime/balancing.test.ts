import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import {
  address,
  ask,
  balancer,
  balancers,
  group,
  listen,
  port,
  register,
  setUp,
  target,
  targets,
  world,
} from "./balanced.ts";
import { forwardTo, listener } from "./world.ts";

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
    await eventually(async () => expect(targets.stateOf(group.targetGroupArn, "sick")).toBe("unhealthy"));
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
    world.loadBalancers[0] = { ...balancer, idleTimeout: 1 };
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
    await eventually(async () => expect(answers).toHaveLength(1));
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
    await eventually(async () => expect(targets.requestsPerTarget(group.targetGroupArn)).toBe(1));
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
    await eventually(async () =>
      expect(targets.health(group.targetGroupArn)).toMatchObject([{ state: "unhealthy", reason: "Target.Timeout" }]),
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
    balancers.close();
    // Another listener is open all the same, and this one as soon as the port is free.
    const other = listener(balancer, port + 1, { action: forwardTo(group) });
    await expect(setUp({}, [other])).rejects.toThrow("something else does");
    expect((await ask("/", { port: port + 1 })).status).toBe(503);
    taken.close();
    await once(taken, "close");
    await eventually(async () => expect((await ask()).status).toBe(503));
  });
});
