import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PartialFailure } from "../core/handler.ts";
import { inFolder } from "./folder.ts";
import { isDaemon } from "./lock.ts";
import { type Contact, ending, type Line, type Request } from "./protocol.ts";
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

  /** Whether its daemon runs, even if it is about to end. */
  isRunning(): boolean {
    return this.#contact() !== undefined || this.#locked();
  }

  /** Asks the daemon, which is started where it does not run. @throws its error, a PartialFailure where something was left */
  async ask(asked: Request, listener: Listener = {}, signal?: AbortSignal): Promise<unknown> {
    for (;;) {
      try {
        return await send(await this.#running(), asked, listener, signal);
      } catch (error) {
        if (!(error instanceof Ended)) throw error;
      }
    }
  }

  /** Ends the daemon. @param machines whether what it runs goes off, instead of going on unattended */
  async stop(machines = false): Promise<void> {
    const contact = this.#contact();
    if (contact) {
      const asked = { kind: "control", command: "stop", args: machines ? ["machines"] : [] } as const;
      await send(contact, asked, {}).catch((error: unknown) => {
        if (!(error instanceof Ended)) throw error;
      });
    }
    await until(() => !this.isRunning(), Date.now() + 10_000);
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
    const log = join(this.#folder, "daemon.log");
    const deadline = Date.now() + patience;
    for (;;) {
      const ended = this.#spawn(log);
      // Where two start at once, one of them finds the other's and ends.
      const found = await until(() => this.#contact() ?? (ended() !== undefined && !this.#locked()), deadline);
      if (typeof found === "object") return found;
      // The other was about to end, and has.
      if (ended() === 0 && Date.now() < deadline) continue;
      const lines = readText(log).trim().split("\n").slice(-5).join("\n");
      throw new Error(`the embedded cloud does not start:\n${lines}\n(all of it: ${log})`);
    }
  }

  /** @returns the exit code, undefined as long as it runs */
  #spawn(log: string): () => number | null | undefined {
    const output = inFolder(this.#folder, () => openSync(log, "a", 0o600));
    const child = spawn(process.execPath, [this.#main, this.#folder], {
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child.unref();
    let code: number | null | undefined;
    child.once("exit", (exitCode) => {
      code = exitCode;
    });
    return () => code;
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

/** The daemon that was asked was about to end: it has done nothing of it. */
class Ended extends Error {}

function send({ port, secret }: Contact, asked: Request, listener: Listener, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` };
    const outgoing = request({ host: "127.0.0.1", port, method: "POST", headers, ...(signal ? { signal } : {}) });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      reject(signal?.aborted ? signal.reason : error.code === "ECONNREFUSED" ? new Ended() : error);
    });
    outgoing.on("response", (response) => {
      if (response.statusCode === ending) {
        response.resume();
        reject(new Ended());
        return;
      }
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

async function until<T>(holds: () => T, deadline: number): Promise<T> {
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
