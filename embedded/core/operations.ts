import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { failure, isServiceError } from "./failure.ts";

/** What is told of a caller. */
export interface Peer {
  /** Address of the connection. */
  getPeer(): string;
}

/** Requests under way: they can be waited for, and interrupted. */
export class Operations {
  readonly #running = new Set<Promise<void>>();
  #abort = new AbortController();

  /** A method of a gRPC service. Whatever it throws is shown to the user as its message alone. */
  unary<Request, Response>(action: (request: Request, peer: Peer) => Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
      const operation = action(call.request, call).then(
        (response) => callback(null, response),
        (error: unknown) => callback(isServiceError(error) ? error : failure(error)),
      );
      this.#running.add(operation);
      operation.finally(() => this.#running.delete(operation));
    };
  }

  /**
   * A signal for one operation.
   * @param timeout seconds; 0 for no limit
   */
  signal(timeout: number): AbortSignal {
    const { signal } = this.#abort;
    if (timeout <= 0) return signal;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error(`not done in ${timeout} s (customTimeouts)`)), timeout * 1000);
    timer.unref();
    return AbortSignal.any([signal, limit.signal]);
  }

  /** Ends what is under way; each operation cleans up after itself and fails. */
  abort(): void {
    this.#abort.abort(new Error("interrupted"));
    this.#abort = new AbortController();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
