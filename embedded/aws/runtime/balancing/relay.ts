import { connect, type Socket } from "node:net";
import type { Traffic } from "./traffic.ts";

/** Where a connection can be carried on to. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly traffic: Traffic;
}

export interface RelayOptions<B extends Backend> {
  /** The next to try; undefined where there is none. */
  readonly choose: (tried: ReadonlySet<B>) => B | undefined;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds without a byte until the connection ends. */
  readonly idleTimeout: number;
  /** What the backend is sent first. */
  readonly preface?: (client: Socket) => Buffer;
}

/** Carries a connection on, byte by byte. One that nobody takes is reset. @param client paused, and may be half open */
export async function relay<B extends Backend>(client: Socket, options: RelayOptions<B>): Promise<void> {
  client.on("error", () => undefined);
  const tried = new Set<B>();
  for (;;) {
    const backend = options.choose(tried);
    if (backend === undefined || client.destroyed) {
      client.resetAndDestroy();
      return;
    }
    tried.add(backend);
    const server = await dial(backend, options.connectTimeout);
    if (server === undefined) continue;
    join(client, server, backend.traffic, options);
    return;
  }
}

/** @returns undefined where nobody answers */
export function dial({ host, port }: Pick<Backend, "host" | "port">, timeout: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(timeout, fail);
    socket.once("error", fail).once("connect", () => {
      socket.off("error", fail).on("error", () => undefined);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

function join<B extends Backend>(client: Socket, server: Socket, traffic: Traffic, options: RelayOptions<B>): void {
  const cut = () => {
    client.destroy();
    server.destroy();
  };
  let asked = false;
  const over = traffic.enter({ cut, bytes: () => server.bytesRead + server.bytesWritten, asked: () => asked });
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    socket.setTimeout(options.idleTimeout, cut);
    // An error must reach the other side as one: half an answer is no answer.
    socket.on("close", (failed) => (failed ? other.resetAndDestroy() : undefined));
  }
  server.on("close", over);
  if (client.destroyed) {
    cut();
    return;
  }
  if (options.preface) server.write(options.preface(client));
  client.setNoDelay(true);
  client.pipe(server);
  server.pipe(client);
  client.on("data", () => {
    asked = true;
  });
  server.on("data", () => {
    asked = false;
  });
}
