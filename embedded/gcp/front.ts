import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./apiError.ts";
import type { Logging } from "./logging.ts";
import type { RegistryFront } from "./registry/front.ts";
import { isRegistry } from "./registry/name.ts";
import type { SecretManager } from "./secretManager.ts";
import type { StorageFront } from "./storage/front.ts";

/** The APIs behind the front. */
export interface Apis {
  readonly storage: StorageFront;
  readonly secretManager: SecretManager;
  readonly logging: Logging;
  readonly registry: RegistryFront;
  readonly log: (line: string) => void;
}

/** One listener for all of Google's names: what is meant is in the Host header. */
export class Front {
  readonly #apis: Apis;

  constructor(apis: Apis) {
    this.#apis = apis;
  }

  handle(request: IncomingMessage, response: ServerResponse, scheme: "http" | "https"): void {
    this.#route(request, response, scheme).catch((error: unknown) => {
      const known = error instanceof ApiError;
      if (!known) this.#apis.log(`${request.method} ${request.headers.host}${request.url}: ${(error as Error).stack}`);
      const answer = known ? error : new ApiError(500, (error as Error).message);
      if (response.headersSent) return response.destroy();
      request.resume();
      response.writeHead(answer.code, { "Content-Type": "application/json; charset=UTF-8" });
      return response.end(answer.toJson());
    });
  }

  async #route(request: IncomingMessage, response: ServerResponse, scheme: "http" | "https"): Promise<void> {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    if (isRegistry(host) || host === "auth.docker.io") this.#apis.registry.handle(request, response, host);
    else if (host === "secretmanager.googleapis.com") this.#apis.secretManager.handle(request, response);
    else if (host === "logging.googleapis.com") await this.#apis.logging.handle(request, response);
    else if (host === "storage.googleapis.com" || host === "www.googleapis.com") {
      await this.#apis.storage.handle(request, response, scheme);
    } else throw new ApiError(404, `${host} is not imitated by the embedded cloud.`);
  }
}
