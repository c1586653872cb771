import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type DockerHub, knows, maySee } from "../../core/dockerHub.ts";
import type { Access } from "../iam/access.ts";
import { type ImageName, imageName, registryPath } from "./name.ts";
import { PublicRegistry } from "./publicRegistry.ts";

/** What the front needs of the cloud. */
export interface RegistrySource {
  repositoryExists(id: string): boolean;
  dockerHub(): DockerHub;
  /** Signature over a text, to know a token of ours again. */
  sign(text: string): string;
}

interface RegistryError {
  readonly status: number;
  readonly code: "UNAUTHORIZED" | "DENIED" | "NAME_UNKNOWN" | "UNAVAILABLE";
  readonly message: string;
}

/**
 * Google's registries, Docker Hub and GitHub's, in front of one local registry that knows no passwords. What that does not
 * have of the latter two is asked of themselves.
 */
export class RegistryFront {
  readonly #access: Access;
  readonly #source: RegistrySource;
  readonly #upstream: { readonly host: string; readonly port: number };
  readonly #internet: PublicRegistry;

  /** @param upstream host and port of the local registry */
  constructor(access: Access, source: RegistrySource, upstream: string, internet = new PublicRegistry()) {
    this.#access = access;
    this.#source = source;
    this.#internet = internet;
    const [host = "127.0.0.1", port = "5000"] = upstream.split(":");
    this.#upstream = { host, port: Number(port) };
  }

  handle(request: IncomingMessage, response: ServerResponse, host: string): void {
    const url = new URL(request.url ?? "/", `https://${host}`);
    const path = registryPath(url.pathname);
    const image = path && imageName(host, path.name);
    if (url.pathname === "/v2/token" || url.pathname === "/token") this.#token(request, response, host);
    else if (url.pathname === "/v2/" || url.pathname === "/v2") this.#ping(request, response, host);
    else if (!path || !image) refuse(response, { status: 404, code: "NAME_UNKNOWN", message: "no such repository" });
    else {
      const refusal = this.#refusal(request, image);
      if (refusal) this.#challenge(response, host, image, refusal);
      else this.#pass(request, response, image, path.rest + url.search);
    }
  }

  #ping(request: IncomingMessage, response: ServerResponse, host: string): void {
    const known = host === "mirror.gcr.io" || request.headers.authorization !== undefined;
    if (known) end(response, 200, "{}");
    else this.#challenge(response, host, undefined, { status: 401, code: "UNAUTHORIZED", message: "log in first" });
  }

  #refusal(request: IncomingMessage, { path, place }: ImageName): RegistryError | undefined {
    if (place.kind === "public") {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return { status: 403, code: "DENIED", message: "requested access to the resource is denied" };
      }
      if (place.host !== "registry-1.docker.io" || maySee(this.#source.dockerHub(), this.#hubUser(request), path))
        return undefined;
      return { status: 401, code: "UNAUTHORIZED", message: "authentication required: the repository is private" };
    }
    const reads = request.method === "GET" || request.method === "HEAD";
    const permission = `artifactregistry.repositories.${reads ? "downloadArtifacts" : "uploadArtifacts"}`;
    let caller: ReturnType<Access["callerOf"]>;
    try {
      caller = this.#access.callerOf(request);
    } catch {
      return { status: 401, code: "UNAUTHORIZED", message: "the token is not good" };
    }
    const { project, repository } = place;
    if (!this.#access.may(caller, permission, [repository, `projects/${project}`])) {
      const message = `Permission "${permission}" denied on resource "${repository}" (or it may not exist)`;
      return caller ? { status: 403, code: "DENIED", message } : { status: 401, code: "UNAUTHORIZED", message };
    }
    if (this.#source.repositoryExists(repository)) return undefined;
    return { status: 404, code: "NAME_UNKNOWN", message: `Repository "${repository}" not found` };
  }

  /** Turns a password into a token: https://distribution.github.io/distribution/spec/auth/token. */
  #token(request: IncomingMessage, response: ServerResponse, host: string): void {
    const given = request.headers.authorization;
    const token = given === undefined ? "anonymous" : this.#tokenFor(request, credentials(given), host);
    if (token === undefined) {
      refuse(response, { status: 401, code: "UNAUTHORIZED", message: "incorrect username or password" });
    } else end(response, 200, JSON.stringify({ token, expires_in: 300 }));
  }

  #tokenFor(request: IncomingMessage, { user, password }: Credentials, host: string): string | undefined {
    if (host.endsWith("docker.io")) {
      if (!knows(this.#source.dockerHub(), user, password)) return undefined;
      return `${Buffer.from(user).toString("base64url")}.${this.#source.sign(`hub:${user}`)}`;
    }
    try {
      this.#access.callerOf(request);
      return password;
    } catch {
      return undefined;
    }
  }

  #hubUser(request: IncomingMessage): string | undefined {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const [name = "", signature] = token.split(".");
    const user = Buffer.from(name, "base64url").toString();
    return signature !== undefined && signature === this.#source.sign(`hub:${user}`) ? user : undefined;
  }

  #challenge(response: ServerResponse, host: string, image: ImageName | undefined, error: RegistryError): void {
    if (error.status === 401) {
      const hub = host.endsWith("docker.io");
      const realm = hub ? "https://auth.docker.io/token" : `https://${host}/v2/token`;
      const scope = image ? `,scope="repository:${image.path}:pull"` : "";
      const service = hub ? "registry.docker.io" : host;
      response.setHeader("WWW-Authenticate", `Bearer realm="${realm}",service="${service}"${scope}`);
    }
    refuse(response, error);
  }

  #pass(request: IncomingMessage, response: ServerResponse, image: ImageName, rest: string): void {
    const { authorization: _token, connection: _hop, host: _host, ...headers } = request.headers;
    const path = `/v2/${image.local}/${rest}`;
    const onward = send({ ...this.#upstream, method: request.method, path, headers }, (answer) => {
      if (answer.statusCode === 404 && image.place.kind === "public") {
        answer.resume();
        return void this.#fetch(request, response, image.place.host, image.path, rest);
      }
      const { connection: _answersHop, location, ...others } = answer.headers;
      const moved = location?.replace(/^https?:\/\/[^/]+/, "").replace(`/v2/${image.local}/`, `/v2/${image.path}/`);
      response.writeHead(answer.statusCode ?? 502, { ...others, ...(moved ? { location: moved } : {}) });
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    onward.on("error", ({ message }) => {
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 503, code: "UNAVAILABLE", message: `the local registry: ${message}` });
    });
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  /** From the registry itself. */
  async #fetch(
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    host: string,
    name: string,
    rest: string,
  ): Promise<void> {
    try {
      const answer = await this.#internet.ask(method as "GET" | "HEAD", host, name, rest, headers.accept ?? "*/*");
      if (answer.status >= 400) throw new Error(`answers ${answer.status}`);
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (answer.body === null) response.end();
      else await pipeline(Readable.fromWeb(answer.body as import("node:stream/web").ReadableStream), response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      refuse(response, {
        status: 404,
        code: "NAME_UNKNOWN",
        message: `${name} is not in the local registry, and ${host}: ${reason}`,
      });
    }
  }
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

function credentials(authorization: string): Credentials {
  const text = Buffer.from(authorization.replace(/^basic\s+/i, ""), "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? { user: "", password: "" } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function refuse(response: ServerResponse, { status, code, message }: RegistryError): void {
  end(response, status, JSON.stringify({ errors: [{ code, message }] }));
}

function end(response: ServerResponse, status: number, body: string): void {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Docker-Distribution-API-Version", "registry/2.0");
  response.writeHead(status).end(body);
}
