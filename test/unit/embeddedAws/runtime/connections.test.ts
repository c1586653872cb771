import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as requestTls } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { type KeyPair, keyPair } from "../../../support/keyPair.ts";
import { address, balancers, group, listen, port, register, setUp, target, targets, world } from "./balanced.ts";
import { forwardTo, listener, loadBalancer, targetGroup } from "./world.ts";

// The balancers that do more, or less, than to pass HTTP on.

describe("an application load balancer with a certificate", () => {
  const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
  let pair: KeyPair;

  beforeAll(async () => {
    pair = await keyPair("example.org");
  });

  async function secure(): Promise<void> {
    await setUp({ protocol: "HTTPS", certificateArn, sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }).catch(
      () => undefined,
    );
    world.certificates.set(certificateArn, { certificate: pair.certificate, chain: "", privateKey: pair.key });
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
    // It may be reset before it knows that it is connected.
    const [error] = await once(connect({ host: address, port }), "error");
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
    const balancer = Buffer.from(address.split(".").map(Number)).toString("hex");
    const expected = `0d0a0d0a000d0a515549540a2111000c7f000001${balancer}${client}${port.toString(16)}`;
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
