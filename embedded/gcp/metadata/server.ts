import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Instance, isOn } from "../compute/instance.ts";
import { at, type Folder, listing, type Tree, toJson, toText } from "./tree.ts";

/** What the metadata server needs of the cloud. */
export interface MetadataSource {
  /** The instance whose machine has that address. */
  instanceAt(address: string): Instance | undefined;
  tree(instance: Instance): Folder;
  /** Emits `change` with the id of what changed. */
  readonly changes: EventEmitter<{ change: [id: string] }>;
  accessToken(instance: Instance): { token: string; expiresIn: number };
  identityToken(instance: Instance, audience: string): string;
  /** @param value undefined removes it */
  setGuestAttribute(instance: Instance, namespace: string, key: string, value: string | undefined): void;
}

interface Answer {
  readonly status: number;
  readonly type: "application/text" | "application/json" | "text/html; charset=UTF-8";
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const root = "/computeMetadata/v1";
/** Bytes of one guest attribute's value. */
const largestGuestAttribute = 256 * 1024;

/**
 * Compute Engine's metadata server: https://cloud.google.com/compute/docs/metadata/querying-metadata. A request is known by
 * the address that it comes from.
 */
export class MetadataServer {
  readonly #source: MetadataSource;

  constructor(source: MetadataSource) {
    this.#source = source;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request, response).catch((error: Error) => failure(503, error.message));
    response.writeHead(answer.status, {
      "Content-Type": answer.type,
      "Metadata-Flavor": "Google",
      Server: "Metadata Server for VM",
      ...answer.headers,
    });
    response.end(answer.body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const url = new URL(request.url ?? "/", "http://metadata.google.internal");
    if (url.pathname === "/") return plain("0.1/\ncomputeMetadata/\n");
    if (url.pathname === "/computeMetadata" || url.pathname === "/computeMetadata/") return plain("v1/\nv1beta1/\n");
    // Both keep a guest from being tricked into asking for another.
    if (request.headers["x-forwarded-for"] !== undefined) return failure(403, "X-Forwarded-For is not allowed");
    if (request.headers["metadata-flavor"] !== "Google") return failure(403, "Missing Metadata-Flavor:Google header.");
    if (url.pathname !== root && !url.pathname.startsWith(`${root}/`)) return failure(404, "Not Found");

    const instance = this.#source.instanceAt(request.socket.remoteAddress ?? "");
    if (instance === undefined) return failure(404, "no instance has this address");
    const path = url.pathname.slice(root.length).split("/").filter(Boolean).map(decodeURIComponent);
    if (request.method === "GET") {
      return this.#token(instance, path, url.searchParams) ?? this.#read(instance, path, url, response);
    }
    return this.#write(instance, path, request);
  }

  #token(instance: Instance, path: readonly string[], query: URLSearchParams): Answer | undefined {
    const [top, accounts, account, what, ...rest] = path;
    if (top !== "instance" || accounts !== "service-accounts" || rest.length > 0) return undefined;
    if (what !== "token" && what !== "identity") return undefined;
    if (instance.account === undefined || (account !== "default" && account !== instance.account.email))
      return undefined;
    if (what === "identity") {
      const audience = query.get("audience");
      if (!audience) return failure(400, "non-empty audience parameter required");
      return plain(this.#source.identityToken(instance, audience));
    }
    const { token, expiresIn } = this.#source.accessToken(instance);
    return json({ access_token: token, expires_in: expiresIn, token_type: "Bearer" });
  }

  async #read(instance: Instance, path: readonly string[], url: URL, response: ServerResponse): Promise<Answer> {
    const query = url.searchParams;
    if (path[1] === "guest-attributes" && !guestAttributesOn(instance)) return disabled;
    let answer = this.#content(instance, path, url);
    if (!flag(query, "wait_for_change")) return answer;
    const last = query.get("last_etag") ?? etagOf(answer);
    const until = query.has("timeout_sec") ? Date.now() + Number(query.get("timeout_sec")) * 1000 : undefined;
    while (etagOf(answer) === last && (await this.#changed(instance, until, response))) {
      answer = this.#content(this.#source.instanceAt(response.req.socket.remoteAddress ?? "") ?? instance, path, url);
    }
    return answer;
  }

  #content(instance: Instance, path: readonly string[], url: URL): Answer {
    const found = at(this.#source.tree(instance), path);
    if (found === undefined) return failure(404, "Not Found");
    const alt = url.searchParams.get("alt");
    if (found.kind === "leaf") {
      return withEtag(alt === "json" ? json(found.value) : plain(found.text));
    }
    if (!url.pathname.endsWith("/")) {
      const location = `http://metadata.google.internal${url.pathname}/${url.search}`;
      return { ...plain(`${location}\n`), status: 301, headers: { Location: location } };
    }
    return withEtag(this.#folder(found, flag(url.searchParams, "recursive"), alt));
  }

  #folder(tree: Exclude<Tree, { kind: "leaf" }>, recursive: boolean, alt: string | null): Answer {
    if (recursive) return alt === "text" ? plain(toText(tree)) : json(toJson(tree));
    return alt === "json" ? json(toJson(tree)) : plain(listing(tree));
  }

  /** Waits for a change of the instance; false when the time is over or nobody waits any more. */
  #changed(instance: Instance, until: number | undefined, response: ServerResponse): Promise<boolean> {
    const { changes } = this.#source;
    return new Promise((resolve) => {
      const end = (changed: boolean) => {
        clearTimeout(timer);
        changes.off("change", listen);
        response.off("close", close);
        resolve(changed);
      };
      const listen = (id: string) => {
        if (id === instance.id || id === `projects/${instance.project}`) end(true);
      };
      const close = () => end(false);
      const timer = until === undefined ? undefined : setTimeout(() => end(false), Math.max(0, until - Date.now()));
      changes.on("change", listen);
      response.on("close", close);
    });
  }

  async #write(instance: Instance, path: readonly string[], request: IncomingMessage): Promise<Answer> {
    const [top, folder, namespace, key, ...rest] = path;
    const attribute = top === "instance" && folder === "guest-attributes";
    if (!attribute || !namespace || !key || rest.length > 0) return failure(404, "Not Found");
    if (!guestAttributesOn(instance)) return disabled;
    if (request.method === "DELETE") {
      this.#source.setGuestAttribute(instance, namespace, key, undefined);
      return plain("");
    }
    if (request.method !== "PUT") return failure(405, "Method Not Allowed");
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > largestGuestAttribute) return failure(413, `a value has at most ${largestGuestAttribute} bytes`);
      chunks.push(chunk as Buffer);
    }
    this.#source.setGuestAttribute(instance, namespace, key, Buffer.concat(chunks).toString());
    return plain("");
  }
}

function guestAttributesOn({ metadata }: Instance): boolean {
  return isOn(metadata, "enable-guest-attributes");
}

const disabled = failure(403, "Guest attributes endpoint access is disabled.");

/** Google's agents write `true`, cloud-init `True`. */
function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

function plain(body: string): Answer {
  return { status: 200, type: "application/text", body };
}

function json(value: unknown): Answer {
  return { status: 200, type: "application/json", body: JSON.stringify(value) };
}

function failure(status: number, reason: string): Answer {
  return {
    status,
    type: "text/html; charset=UTF-8",
    body: `<!DOCTYPE html>\n<title>Error ${status}</title>\n${reason}\n`,
  };
}

function withEtag(answer: Answer): Answer {
  const etag = createHash("sha256").update(answer.body).digest("hex").slice(0, 16);
  return { ...answer, headers: { ...answer.headers, ETag: etag } };
}

/** Of what is not there: 0. */
function etagOf({ headers }: Answer): string {
  return headers?.ETag ?? "0";
}
