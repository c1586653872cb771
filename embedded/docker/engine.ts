import type Docker from "dockerode";
import type { RegistryCredentials } from "./registryAuth.ts";

/** A Docker engine and what is needed to use it. */
export interface Engine {
  readonly docker: Docker;
  /** Where it is, for messages: `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** Credentials for a registry; undefined where none are known. */
  readonly credentials: (registry: string) => Promise<RegistryCredentials | undefined>;
}

/** An answer of the engine, or none. */
export class EngineError extends Error {
  /** HTTP status; undefined when the engine could not be reached. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = "EngineError";
    this.status = status;
  }
}

interface RawError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly json?: { readonly message?: string };
  readonly reason?: string;
  readonly message?: string;
}

/** Runs one request; whatever goes wrong is an EngineError with the engine's own words and, without engine, the mend. */
export async function ask<T>(engine: Pick<Engine, "host">, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw engineError(engine, error);
  }
}

export function engineError(engine: Pick<Engine, "host">, error: unknown): Error {
  if (error instanceof EngineError) return error;
  const raw = error as RawError;
  if (raw.statusCode !== undefined) {
    const words = raw.json?.message ?? raw.reason ?? raw.message ?? "";
    return new EngineError(words.replace(/^Error response from daemon: /, "").trim(), raw.statusCode);
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "nothing is there",
    ECONNREFUSED: "nothing listens there",
    EACCES: "permission denied",
    ENOTFOUND: "no such host",
    ETIMEDOUT: "no answer",
    EHOSTUNREACH: "no route to it",
  };
  const reason = reasons[raw.code ?? ""];
  if (reason === undefined) return error instanceof Error ? error : new Error(String(error));
  const mend =
    raw.code === "EACCES"
      ? "Let this user use it (group docker), or set DOCKER_HOST or docker:host to another engine"
      : "Start it, or set DOCKER_HOST or docker:host to where it is";
  return new EngineError(`the Docker engine at ${engine.host} cannot be reached: ${reason}. ${mend}.`);
}

/** The result, or undefined where the engine says that there is no such thing. */
export async function found<T>(engine: Pick<Engine, "host">, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask(engine, request);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Tries again while the engine says that the thing is in use.
 * @param patience milliseconds
 */
export async function whileInUse(
  action: () => Promise<void>,
  inUse: (error: unknown) => boolean,
  signal: AbortSignal,
  patience = 30_000,
): Promise<void> {
  const deadline = Date.now() + patience;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await action();
    } catch (error) {
      if (!inUse(error) || Date.now() + pause > deadline) throw error;
    }
    await sleep(pause, signal);
  }
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
