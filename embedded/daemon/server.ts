import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Call, PartialFailure, type ResourceHandler } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { ending, type Line, type Request } from "./protocol.ts";

type Command = (args: readonly string[], print: (text: string) => void, signal: AbortSignal) => Promise<unknown>;
export type Commands = Readonly<Record<string, Command>>;

/** What a cloud answers. `Place` is what a provider of the program is configured with. */
export interface Answers<Place> {
  /** @throws where the cloud has no such type */
  handler(type: string, place: Place): ResourceHandler;
  /** A function of the provider. @throws where the cloud has none of that name */
  function(token: string, args: PlainMap, place: Place, call: Call): Promise<PlainMap>;
  /** What can be done to the cloud from outside of a program. */
  readonly commands: Commands;
}

/** Answers what the provider and the command line ask of a cloud. */
export class DaemonServer<Place> {
  readonly #answers: Answers<Place>;
  readonly #secret: string;
  readonly #onIdle: () => void;
  #running = 0;
  #closed = false;

  /** @param onIdle told whenever nothing is under way any more */
  constructor(answers: Answers<Place>, secret: string, onIdle: () => void) {
    this.#answers = answers;
    this.#secret = secret;
    this.#onIdle = onIdle;
  }

  /** Takes nothing more. @returns false where something is under way: then it goes on taking */
  close(): boolean {
    this.#closed ||= this.#running === 0;
    return this.#closed;
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
    if (this.#closed) {
      response.writeHead(ending).end();
      return;
    }
    const write = (line: Line) => void response.write(`${JSON.stringify(line)}\n`);
    const aborted = new AbortController();
    response.on("close", () => aborted.abort(new Error("interrupted")));
    this.#running++;
    try {
      const asked = JSON.parse(await bodyOf(request)) as Request<Place>;
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

  async #answer(asked: Request<Place>, signal: AbortSignal, write: (line: Line) => void): Promise<unknown> {
    if (asked.kind === "control") {
      const command = this.#answers.commands[asked.command];
      if (command === undefined) throw new Error(`unknown command ${asked.command}`);
      return command(asked.args, (output) => write({ output }), signal);
    }
    const call: Call = {
      urn: asked.kind === "resource" ? asked.urn : "",
      name: asked.kind === "resource" ? asked.name : asked.token,
      signal,
      log: (severity, message) => write({ log: [severity, message] }),
    };
    if (asked.kind === "function") return this.#answers.function(asked.token, asked.args, asked.place, call);
    const handler = this.#answers.handler(asked.type, asked.place);
    const { id = "", inputs, news = {}, outputs = {} } = asked;
    switch (asked.operation) {
      case "create":
        return handler.create(inputs as PlainMap, call);
      case "read":
        return handler.read(id, inputs, outputs, call);
      case "update":
        return handler.update?.(id, inputs as PlainMap, news, outputs, call);
      case "delete":
        return handler.delete(id, inputs ?? {}, outputs, call);
      case "importInputs":
        return handler.importInputs({ id, outputs }, call);
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
