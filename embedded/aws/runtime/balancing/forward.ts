import { type ClientRequest, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Headers } from "./headers.ts";
import type { Target } from "./targetGroups.ts";

/** Milliseconds that a target may take to accept a connection. */
const connectTimeout = 10_000;

export interface Forwarding {
  readonly target: Target;
  readonly secure: boolean;
  /** What the target gets. */
  readonly headers: Headers;
  /** Milliseconds without a byte. */
  readonly idleTimeout: number;
  readonly hasBody: boolean;
}

/** What a target has not answered with: the status that the client gets instead. */
class Unanswered extends Error {
  readonly status: 502 | 504;

  constructor(status: 502 | 504, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Passes a request on, body and answer as they come.
 * @param answerHeaders what the client gets of the target's headers
 * @returns the status to answer with where the target has not; undefined where it has
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  forwarding: Forwarding,
  answerHeaders: (answer: IncomingMessage) => Headers,
): Promise<502 | 504 | undefined> {
  const { target } = forwarding;
  let onward: ClientRequest | undefined;
  const bytes = () => (onward?.socket?.bytesRead ?? 0) + (onward?.socket?.bytesWritten ?? 0);
  const over = target.traffic.enter({ cut: () => response.destroy(), bytes });
  const gone = () => onward?.destroy();
  response.once("close", gone);
  try {
    const answer = await send(request, forwarding, (sent) => {
      onward = sent;
    });
    staysOpen(request, response);
    // HTTP/2 has no text beside the code.
    if (request.httpVersionMajor < 2) response.statusMessage = answer.statusMessage ?? "";
    response.writeHead(answer.statusCode ?? 502, answerHeaders(answer));
    response.flushHeaders();
    await carry(answer, response);
    return undefined;
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else return error instanceof Unanswered ? error.status : 502;
    return undefined;
  } finally {
    response.off("close", gone);
    request.unpipe().resume();
    over();
  }
}

/** Where the client is still sending it would never see its answer on a connection that is closed under it: it closes that itself. */
export function staysOpen(request: IncomingMessage, response: ServerResponse): void {
  if (!request.complete) response.shouldKeepAlive = true;
}

/** Passes a connection on that is to speak another protocol: WebSocket. @returns as `forward` */
export async function forwardUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  forwarding: Forwarding,
): Promise<502 | 504 | undefined> {
  const { target, idleTimeout } = forwarding;
  const headers = { ...forwarding.headers, Connection: "Upgrade", Upgrade: request.headers.upgrade ?? "" };
  const onward = open(request, { ...forwarding, headers });
  const over = target.traffic.enter({ cut: () => client.destroy(), bytes: () => (client as Socket).bytesRead ?? 0 });
  try {
    const [answer, socket, first] = await new Promise<[IncomingMessage, Duplex | undefined, Buffer]>(
      (resolve, reject) => {
        onward.on("upgrade", (message, upgraded, rest) => resolve([message, upgraded, rest]));
        onward.on("response", (message) => resolve([message, undefined, Buffer.alloc(0)]));
        onward.on("error", reject).end();
        client.once("close", () => onward.destroy());
      },
    );
    client.write(rawHead(answer));
    if (socket === undefined) {
      await new Promise((resolve) => answer.pipe(client).on("close", resolve));
      return undefined;
    }
    client.write(first);
    socket.write(head);
    for (const side of [client, socket] as Socket[]) side.setTimeout(idleTimeout, () => side.destroy());
    await Promise.all([tied(client, socket), tied(socket, client)]);
    return undefined;
  } catch {
    return 502;
  } finally {
    over();
  }
}

async function send(
  request: IncomingMessage,
  forwarding: Forwarding,
  sent: (onward: ClientRequest) => void,
): Promise<IncomingMessage> {
  for (;;) {
    const onward = open(request, forwarding);
    sent(onward);
    try {
      return await answered(request, onward, forwarding);
    } catch (error) {
      // A target may close a connection that was kept for later just as it is used again; nothing was asked of it then.
      const stale = onward.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET";
      if (!stale || forwarding.hasBody || !["GET", "HEAD", "OPTIONS"].includes(request.method ?? "")) throw error;
    }
  }
}

function answered(
  request: IncomingMessage,
  onward: ClientRequest,
  { hasBody, idleTimeout }: Forwarding,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const late = (what: string) => onward.destroy(new Unanswered(504, what));
    onward.on("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => late("the target does not accept the connection"), connectTimeout);
      socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    });
    onward.setTimeout(idleTimeout, () => late("the target does not answer"));
    onward.once("response", resolve).on("error", reject);
    if (!hasBody) onward.end();
    else request.pipe(onward);
    request.once("error", () => onward.destroy());
  });
}

function open(request: IncomingMessage, { target, secure, headers }: Forwarding): ClientRequest {
  const options = {
    host: target.host,
    port: target.port,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers,
    agent: target.agent,
    setHost: false,
  };
  return secure ? requestHttps(options) : requestHttp(options);
}

/** Ends when the answer has gone out whole, or fails when it cannot. */
function carry(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    answer.on("error", reject).on("aborted", () => reject(new Error("the target ended in the middle of its answer")));
    response.on("finish", resolve).on("error", reject);
    response.on("close", () => reject(new Error("the client has gone"))); // says nothing once it is finished
    answer.pipe(response);
  });
}

function tied(from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    from.on("error", () => to.destroy());
    from.on("close", () => {
      to.destroy();
      resolve();
    });
    from.pipe(to);
  });
}

function rawHead({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  return `${[`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines].join("\r\n")}\r\n\r\n`;
}
