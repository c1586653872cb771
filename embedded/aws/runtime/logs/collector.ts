import type Docker from "dockerode";
import type { LogTarget } from "../model.ts";
import { type Entry, entries } from "./frames.ts";
import { firstLine } from "./multiline.ts";
import type { LogStore } from "./store.ts";

/** Milliseconds that an event of several lines waits for the next, as in Docker's own driver for CloudWatch. */
const patience = 5000;

/** Carries what containers print into their log streams. */
export class LogCollector {
  readonly #docker: Docker;
  readonly #store: LogStore;
  readonly #log: (line: string) => void;

  constructor(docker: Docker, store: LogStore, log: (line: string) => void) {
    this.#docker = docker;
    this.#store = store;
    this.#log = log;
  }

  /**
   * Goes on after what the stream has already, until the container ends.
   * @param tty whether the container has a terminal
   */
  async collect(
    container: string,
    tty: boolean,
    target: LogTarget,
    stream: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { logGroupName: group } = target;
    this.#store.create(group, stream);
    const last = await this.#store.last(group, stream);
    const begins = firstLine(target);
    const buffer = new Buffered((entry) => this.#store.append(group, stream, entry.at, entry.text));
    try {
      const output = (await this.#docker.getContainer(container).logs({
        follow: true,
        stdout: true,
        stderr: true,
        timestamps: true,
        ...(last ? { since: seconds(last) } : {}),
        abortSignal: signal,
      } as Docker.ContainerLogsOptions & { follow: true })) as unknown as AsyncIterable<Buffer>;
      for await (const entry of entries(output, tty)) {
        if (last !== undefined && entry.at <= last) continue;
        if (begins === undefined || begins.test(entry.text)) buffer.flush();
        buffer.add(entry);
        if (begins === undefined) buffer.flush();
      }
    } catch (error) {
      const gone = (error as { statusCode?: number }).statusCode === 404;
      if (!signal.aborted && !gone) this.#log(`the log of ${container}: ${(error as Error).message}`);
    } finally {
      buffer.flush();
    }
  }
}

/** Lines that make one event. */
class Buffered {
  readonly #write: (entry: Entry) => void;
  #entry: Entry | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (entry: Entry) => void) {
    this.#write = write;
  }

  add(entry: Entry): void {
    this.#entry = this.#entry ? { at: this.#entry.at, text: `${this.#entry.text}\n${entry.text}` } : entry;
    this.#timer ??= setTimeout(() => this.flush(), patience).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entry = this.#entry;
    this.#entry = undefined;
    if (entry) this.#write(entry);
  }
}

/** Seconds since 1970 with nanoseconds, as the engine takes them. */
function seconds(at: string): string {
  const [, fraction = "0"] = /\.(\d+)Z$/.exec(at) ?? [];
  return `${Math.floor(Date.parse(at) / 1000)}.${fraction}`;
}
