import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** A failure on demand. */
export interface Failure {
  /** Type of the resource, or its noun: `Instance`; absent = any. */
  readonly type?: string;
  /** In the name, URN or id; absent = any. */
  readonly name?: string;
  /** `create`, `read`, `update` or `delete` of a resource, or what else the cloud lets fail. */
  readonly operation: string;
  /** What becomes of it: each cloud has words for some, and any other text is the message. */
  readonly error: string;
  /** Seconds before it fails, or goes on. @default 0 */
  readonly delay?: number;
  /** How often; absent = until it is taken away. */
  readonly times?: number;
}

/** What an operation is, to find the failures that are meant for it. */
export interface Operation {
  readonly type: string;
  readonly noun: string;
  readonly urn: string;
  readonly id: string;
  readonly operation: string;
}

/** The failures asked for, in a file that anybody may write; one that is used up is struck off. */
export class Failures {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  read(): Failure[] {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as Failure[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new Error(`${this.#file}: ${(error as Error).message}`);
    }
  }

  write(failures: readonly Failure[]): void {
    writeFileSync(`${this.#file}.partial`, JSON.stringify(failures, undefined, 1), { mode: 0o600 });
    renameSync(`${this.#file}.partial`, this.#file);
  }

  /** The first failure that is meant for an operation, counted as used. */
  take(operation: Operation): Failure | undefined {
    const all = this.read();
    const found = all.find((failure) => isMeant(failure, operation));
    if (found?.times === undefined) return found;
    const left = found.times - 1;
    this.write(all.flatMap((each) => (each === found ? (left > 0 ? [{ ...found, times: left }] : []) : [each])));
    return found;
  }
}

function isMeant(failure: Failure, { type, noun, urn, id, operation }: Operation): boolean {
  if (failure.operation !== operation) return false;
  if (failure.type !== undefined && failure.type !== type && failure.type !== noun) return false;
  return failure.name === undefined || urn.includes(failure.name) || id.includes(failure.name);
}
