import { EventEmitter } from "node:events";
import { appendFileSync, createReadStream, mkdirSync, renameSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ApiError } from "./apiError.ts";
import type { Access } from "./iam/access.ts";

/** One line of a container's output, in the form of Cloud Logging's entries. */
export interface LogEntry {
  readonly logName: string;
  readonly timestamp: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly jsonPayload: Readonly<Record<string, string>>;
}

/** Bytes of a project's log before it is set aside; one older one is kept. */
const largest = 32 * 1024 * 1024;
const largestRequest = 8 * 1024 * 1024;

/** Cloud Logging's `entries.write`, into a file a project. */
export class Logging {
  /** Emits a project's entries as they come. */
  readonly written = new EventEmitter<{ entries: [project: string, entries: readonly LogEntry[]] }>();
  readonly #access: Access;
  readonly #folder: string;

  constructor(access: Access, folder: string) {
    this.#access = access;
    this.#folder = folder;
  }

  /** @throws ApiError */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || request.url !== "/v2/entries:write") {
      throw new ApiError(404, "The requested URL was not found on this server: only entries:write is imitated.");
    }
    const caller = this.#access.callerOf(request);
    if (caller === undefined) throw new ApiError(401, "Request is missing required authentication credential.");
    const byProject = Map.groupBy(
      entriesOf(await read(request)),
      ({ logName }) => /^projects\/([a-z0-9-]+)\/logs\//.exec(logName)?.[1] ?? "",
    );
    for (const project of byProject.keys()) {
      if (!this.#access.may(caller, "logging.logEntries.create", [`projects/${project}`])) {
        throw new ApiError(403, "Permission 'logging.logEntries.create' denied on resource (or it may not exist).");
      }
    }
    for (const [project, lines] of byProject) this.#append(project, lines);
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  }

  /** A project's entries, oldest first. */
  async *entries(project: string): AsyncGenerator<LogEntry> {
    for (const file of [`${this.#file(project)}.1`, this.#file(project)]) {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) continue;
      for await (const line of createInterface({ input: createReadStream(file) })) yield JSON.parse(line) as LogEntry;
    }
  }

  #append(project: string, entries: readonly LogEntry[]): void {
    const file = this.#file(project);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(file, `${file}.1`);
    appendFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
    this.written.emit("entries", project, entries);
  }

  #file(project: string): string {
    return join(this.#folder, `${project}.jsonl`);
  }
}

/** The entries of a request, each with what the request says for all of them. */
function entriesOf(body: string): LogEntry[] {
  try {
    const { entries, logName, resource } = JSON.parse(body) as { entries: LogEntry[] } & Omit<LogEntry, "entries">;
    return entries.map((entry) => ({
      ...entry,
      logName: entry.logName ?? logName,
      resource: entry.resource ?? resource,
    }));
  } catch (error) {
    throw new ApiError(400, `Invalid JSON payload received: ${(error as Error).message}`);
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largestRequest) throw new ApiError(400, "Request payload size exceeds the limit.");
  }
  return Buffer.concat(chunks).toString();
}
