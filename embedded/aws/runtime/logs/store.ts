import { EventEmitter } from "node:events";
import { appendFileSync, createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogEvent, LogStream, Logs } from "../../logs.ts";

/** A line of a stream's file; its first one says only when it was made. */
interface Line {
  readonly created?: number;
  /** As the engine had it, to go on after it. */
  readonly at: string;
  readonly ingestionTime: number;
  readonly message: string;
}

/** Log groups as folders, their streams as files of JSON lines. */
export class LogStore implements Logs {
  readonly #folder: string;
  readonly #events = new EventEmitter<{ event: [group: string, event: LogEvent] }>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#events.setMaxListeners(0);
  }

  /** Makes a stream where it is not there. */
  create(group: string, stream: string): void {
    const file = this.#file(group, stream);
    if (existsSync(file)) return;
    mkdirSync(this.#group(group), { recursive: true, mode: 0o700 });
    appendFileSync(file, `${JSON.stringify({ created: Date.now() })}\n`, { mode: 0o600 });
  }

  /** @param at when, as the engine has it. Lost where the stream's group has been deleted. */
  append(group: string, stream: string, at: string, message: string): void {
    const file = this.#file(group, stream);
    if (!existsSync(file)) return;
    const line: Line = { at, ingestionTime: Date.now(), message };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    this.#events.emit("event", group, eventOf(stream, line));
  }

  /** When a stream's last event was, as the engine had it. */
  async last(group: string, stream: string): Promise<string | undefined> {
    let last: string | undefined;
    for await (const { at } of this.#lines(group, stream)) last = at;
    return last;
  }

  async streams(group: string): Promise<readonly LogStream[]> {
    return Promise.all(this.#names(group).map((stream) => this.#describe(group, stream)));
  }

  async *events(group: string, stream?: string): AsyncGenerator<LogEvent> {
    if (stream !== undefined) {
      for await (const line of this.#lines(group, stream)) yield eventOf(stream, line);
      return;
    }
    const all: LogEvent[] = [];
    for (const name of this.#names(group)) for await (const event of this.events(group, name)) all.push(event);
    yield* all.sort((a, b) => a.timestamp - b.timestamp);
  }

  follow(tell: (group: string, event: LogEvent) => void): () => void {
    this.#events.on("event", tell);
    return () => void this.#events.off("event", tell);
  }

  remove(group: string): void {
    rmSync(this.#group(group), { recursive: true, force: true });
  }

  async #describe(group: string, logStreamName: string): Promise<LogStream> {
    const file = this.#file(group, logStreamName);
    const found: Line[] = [];
    for await (const line of this.#lines(group, logStreamName, true)) {
      // The first says when it was made; of the others, only the first and the last matter.
      if (found.length < 3) found.push(line);
      else found[2] = line;
    }
    const [{ created = 0 } = {}, first, last = first] = found;
    return {
      logStreamName,
      creationTime: created,
      storedBytes: statSync(file).size,
      ...(first && last
        ? {
            firstEventTimestamp: Date.parse(first.at),
            lastEventTimestamp: Date.parse(last.at),
            lastIngestionTime: last.ingestionTime,
          }
        : {}),
    };
  }

  async *#lines(group: string, stream: string, all = false): AsyncGenerator<Line> {
    const file = this.#file(group, stream);
    if (!existsSync(file)) return;
    for await (const text of createInterface({ input: createReadStream(file) })) {
      // A process that was killed may have left half a line.
      const line = parse(text);
      if (line && (all || line.at !== undefined)) yield line;
    }
  }

  #names(group: string): string[] {
    const folder = this.#group(group);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .map((file) => decodeURIComponent(file.replace(/\.jsonl$/, "")))
      .sort();
  }

  #group(group: string): string {
    return join(this.#folder, encodeURIComponent(group));
  }

  #file(group: string, stream: string): string {
    return join(this.#group(group), `${encodeURIComponent(stream)}.jsonl`);
  }
}

function eventOf(logStreamName: string, { at, ingestionTime, message }: Line): LogEvent {
  return { logStreamName, timestamp: Date.parse(at), ingestionTime, message };
}

function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
