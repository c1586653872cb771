import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PartialFailure } from "../core/handler.ts";
import { isDaemon } from "./lock.ts";
import type { Contact, Line, Request } from "./protocol.ts";
import { sourceVersion } from "./version.ts";

/** Milliseconds that a daemon may take to start: it fills its buckets first. */
const patience = 60_000;

/** What comes while an answer is being made. */
export interface Listener {
  log?(severity: "debug" | "info" | "warning" | "error", message: string): void;
  output?(text: string): void;
}

/** Speaks to the daemon of one folder. */
export class Client {
  readonly #folder: string;
  readonly #main: string;
  #version: string | undefined;
  #starting: Promise<Contact> | undefined;

  /** @param main of the cloud: `embedded/<cloud>/daemon/main.ts` */
  constructor(folder: string, main: string) {
    this.#folder = folder;
    this.#main = main;
  }

  /** Whether its daemon runs. */
  isRunning(): boolean {
    return this.#contact() !== undefined;
  }

  /** Asks the daemon, which is started where it does not run. @throws its error, a PartialFailure where something was left */
  async ask(asked: Request, listener: Listener = {}, signal?: AbortSignal): Promise<unknown> {
    return send(await this.#running(), asked, listener, signal);
  }

  /** Ends the daemon. @param machines whether what it runs goes off, instead of going on unattended */
  async stop(machines = false): Promise<void> {
    const contact = this.#contact();
    if (contact === undefined) return;
    await send(contact, { kind: "control", command: "stop", args: machines ? ["machines"] : [] }, {});
    await until(() => !isDaemon(contact.pid), 10_000);
  }

  async #running(): Promise<Contact> {
    const contact = this.#contact();
    this.#version ??= sourceVersion(this.#main);
    if (contact?.version === this.#version) return contact;
    // One for all that ask meanwhile: a refresh asks for every resource at once.
    this.#starting ??= this.#replace(contact).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #replace(contact: Contact | undefined): Promise<Contact> {
    if (contact) await this.stop();
    return this.#start();
  }

  async #start(): Promise<Contact> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const log = join(this.#folder, "daemon.log");
    const output = openSync(log, "a", 0o600);
    const child = spawn(process.execPath, [this.#main, this.#folder], {
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child.unref();
    let ended = false;
    child.once("exit", () => {
      ended = true;
    });
    // Where two start at once, one of them finds the other's and ends.
    const found = await until(() => this.#contact() ?? (ended && !this.#locked()), patience);
    if (typeof found !== "object") {
      const lines = readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n");
      throw new Error(`the embedded cloud does not start:\n${lines}\n(all of it: ${log})`);
    }
    return found;
  }

  #locked(): boolean {
    return isDaemon(Number(readText(join(this.#folder, "daemon.lock"))));
  }

  #contact(): Contact | undefined {
    const text = readText(join(this.#folder, "daemon.json"));
    if (text === "") return undefined;
    const contact = JSON.parse(text) as Contact;
    return isDaemon(contact.pid) ? contact : undefined;
  }
}

function send({ port, secret }: Contact, asked: Request, listener: Listener, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` };
    const outgoing = request({ host: "127.0.0.1", port, method: "POST", headers, ...(signal ? { signal } : {}) });
    outgoing.on("error", (error) => reject(signal?.aborted ? signal.reason : error));
    outgoing.on("response", (response) => {
      let settled = false;
      createInterface({ input: response })
        .on("line", (text) => {
          const line = JSON.parse(text) as Line;
          if ("log" in line) listener.log?.(...line.log);
          else if ("output" in line) listener.output?.(line.output);
          else {
            settled = true;
            if ("result" in line) resolve(line.result ?? undefined);
            else reject(line.left ? new PartialFailure(line.error, line.left) : new Error(line.error));
          }
        })
        .on("close", () => {
          if (!settled) reject(signal?.aborted ? signal.reason : new Error("the embedded cloud went away"));
        });
    });
    outgoing.end(JSON.stringify(asked));
  });
}

async function until<T>(holds: () => T, milliseconds: number): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = holds();
    if (found || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
