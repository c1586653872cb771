import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Call } from "../../core/handler.ts";
import { PartialFailure } from "../../core/handler.ts";
import type { PlainMap } from "../../core/value.ts";
import type { Cloud } from "../cloud.ts";
import { functions } from "../resources/functions.ts";
import { KindHandler } from "../resources/handler.ts";
import { kinds } from "../resources/kinds.ts";
import { type Commands, control } from "./control.ts";
import type { Line, Request } from "./protocol.ts";

/** Answers what the provider and the command line ask of the cloud. */
export class DaemonServer {
  readonly #cloud: Cloud;
  readonly #secret: string;
  readonly #commands: Commands;
  readonly #onIdle: () => void;
  #running = 0;

  /** @param onIdle told whenever nothing is under way any more */
  constructor(cloud: Cloud, secret: string, stop: () => void, onIdle: () => void) {
    this.#cloud = cloud;
    this.#secret = secret;
    this.#commands = control(cloud, stop);
    this.#onIdle = onIdle;
  }

  get idle(): boolean {
    return this.#running === 0;
  }

  /** @returns the port on 127.0.0.1 */
  async listen(): Promise<{ server: Server; port: number }> {
    const server = createServer({ requestTimeout: 0 }, (request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return { server, port: (server.address() as { port: number }).port };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.#secret}`) {
      response.writeHead(401).end();
      return;
    }
    const write = (line: Line) => void response.write(`${JSON.stringify(line)}\n`);
    const aborted = new AbortController();
    response.on("close", () => aborted.abort(new Error("interrupted")));
    this.#running++;
    try {
      const asked = JSON.parse(await bodyOf(request)) as Request;
      write({ result: (await this.#answer(asked, aborted.signal, write)) ?? null });
    } catch (error) {
      const { message } = error as Error;
      write(error instanceof PartialFailure ? { error: message, left: error.observed } : { error: message });
    } finally {
      this.#running--;
      response.end();
      this.#onIdle();
    }
  }

  async #answer(asked: Request, signal: AbortSignal, write: (line: Line) => void): Promise<unknown> {
    if (asked.kind === "control") {
      const command = this.#commands[asked.command];
      if (command === undefined) throw new Error(`unknown command ${asked.command}`);
      return command(asked.args, (output) => write({ output }), signal);
    }
    const call: Call = {
      urn: asked.kind === "resource" ? asked.urn : "",
      name: asked.kind === "resource" ? asked.name : asked.token,
      signal,
      log: (severity, message) => write({ log: [severity, message] }),
    };
    if (asked.kind === "function") {
      const called = functions[asked.token];
      if (called === undefined) throw new Error(`the embedded cloud has no function ${asked.token}`);
      return called(asked.args, { cloud: this.#cloud, place: asked.place, call });
    }
    const kind = kinds.find(({ type }) => type === asked.type);
    if (kind === undefined) throw new Error(`the embedded cloud has no ${asked.type}`);
    const handler = new KindHandler(kind, this.#cloud, asked.place);
    const { id = "", inputs, news = {}, outputs = {} } = asked;
    switch (asked.operation) {
      case "create":
        return handler.create(inputs as PlainMap, call);
      case "read":
        return handler.read(id, inputs, outputs, call);
      case "update":
        return handler.update(id, inputs as PlainMap, news, outputs, call);
      case "delete":
        return handler.delete(id, inputs ?? {}, outputs, call);
      case "importInputs":
        return handler.importInputs({ id, outputs });
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
