import { setTimeout as sleep } from "node:timers/promises";
import { type Run, succeeded } from "./measure.ts";

/** Milliseconds after which an answer no longer counts, on a machine that has much else to do. */
const patience = 20_000;

/** How many there are where nothing else is said. */
const clients = 4;

/** Clients that ask for a page again and again, and what they got. */
export class Load {
  requests = 0;
  /** What became of each request that failed. */
  readonly failures: string[] = [];
  #running = true;
  readonly #clients: Promise<void>[];

  /**
   * @param clients how many ask at the same time
   * @param pause milliseconds between an answer and the next question, @default none
   */
  constructor(url: string, clients: number, pause?: number) {
    this.#clients = Array.from({ length: clients }, async () => {
      while (this.#running) {
        const failure = await fetch(url, { signal: AbortSignal.timeout(patience) })
          .then(async (response) => ((await response.text()) !== "" && response.ok ? undefined : `${response.status}`))
          .catch(({ message, cause }: Error) => (cause instanceof Error ? cause.message : message));
        this.requests++;
        if (failure !== undefined) {
          this.failures.push(failure);
          await sleep(5); // a refused connection costs nothing: do not count a million of them
        }
        if (pause !== undefined) await sleep(pause);
      }
    });
  }

  get failed(): number {
    return this.failures.length;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }
}

/** Clients of a page while something is done, and what they got; gone when it has ended, or failed. */
export async function underLoad<T>(url: string, act: () => Promise<T>): Promise<{ result: T; load: Load }> {
  const load = new Load(url, clients);
  const result = await act().finally(() => load.stop());
  return { result, load };
}

/** Seconds from a start until a page shows a text to somebody who was not connected before. */
export async function secondsUntil(url: string, text: string, started: number): Promise<number> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
    const page = await fetch(url, { headers: { Connection: "close" }, signal: AbortSignal.timeout(2000) }).then(
      (response) => response.text(),
      () => "",
    );
    if (page.includes(text)) return (performance.now() - started) / 1000;
    await sleep(10);
  }
  throw new Error(`${url} never showed "${text}"`);
}

/** Seconds from the start of a command until flask-upload-demo answers, the command having ended. */
export async function answered(url: string, command: Promise<Run>): Promise<number> {
  const started = performance.now();
  const [seconds] = await Promise.all([secondsUntil(url, "<form", started), command.then(succeeded)]);
  return seconds;
}
