import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Listener, LoadBalancer } from "../../balancing/model.ts";
import type { Surroundings } from "../model.ts";
import { type Answer, fixedResponse, page, redirect } from "./answers.ts";
import { weighted } from "./choose.ts";
import { type Forwarding, forward, forwardUpgrade, staysOpen } from "./forward.ts";
import { answerHeaders, requestHeaders } from "./headers.ts";
import { cookieName, cookieOf, setCookie } from "./stickiness.ts";
import type { Target, TargetGroups } from "./targetGroups.ts";

/** What a listener is at the moment; asked at every request. */
export interface Place {
  readonly loadBalancer: LoadBalancer;
  readonly listener: Listener;
}

/** Answers the requests of one listener of an Application Load Balancer. */
export class Application {
  readonly #surroundings: Surroundings;
  readonly #groups: TargetGroups;
  readonly #place: () => Place;

  constructor(surroundings: Surroundings, groups: TargetGroups, place: () => Place) {
    this.#surroundings = surroundings;
    this.#groups = groups;
    this.#place = place;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const { listener } = this.#place();
    const { action } = listener;
    if (action.type !== "forward") {
      const asked = { ...parts(request), protocol: protocolOf(listener), port: listener.port };
      give(request, response, action.type === "redirect" ? redirect(action, asked) : fixedResponse(action));
      return;
    }
    const chosen = this.#choose(request);
    if (chosen === undefined) {
      give(request, response, page(503));
      return;
    }
    const { forwarding, cookie } = chosen;
    const status = await forward(request, response, forwarding, (answer) => {
      const headers = answerHeaders(answer.rawHeaders, listener);
      if (cookie) headers["Set-Cookie"] = [...[headers["Set-Cookie"] ?? []].flat(), cookie];
      return headers;
    });
    if (status !== undefined) give(request, response, page(status));
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => undefined);
    const chosen = this.#place().listener.action.type === "forward" ? this.#choose(request) : undefined;
    const status = chosen ? await forwardUpgrade(request, socket, head, chosen.forwarding) : 503;
    if (status === undefined) return;
    const { headers, body } = page(status, { Connection: "close" });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`);
  }

  #choose(request: IncomingMessage): { forwarding: Forwarding; cookie?: string } | undefined {
    const { listener, loadBalancer } = this.#place();
    if (listener.action.type !== "forward") return undefined;
    const { targetGroupArn = "" } = weighted(listener.action.targetGroups, Math.random()) ?? {};
    const group = this.#surroundings.targetGroup(targetGroupArn);
    if (group === undefined) return undefined;
    const name = cookieName(group);
    const before = name === undefined ? undefined : cookieOf(request.headers.cookie, name);
    const target = this.#reachable(targetGroupArn, before);
    if (target === undefined) return undefined;
    this.#groups.count(targetGroupArn);
    const incoming = {
      rawHeaders: request.rawHeaders,
      clientAddress: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
      protocol: protocolOf(listener),
      port: listener.port,
    };
    const forwarding: Forwarding = {
      target,
      secure: group.protocol === "HTTPS",
      headers: requestHeaders(incoming, loadBalancer, Date.now()),
      idleTimeout: loadBalancer.idleTimeout * 1000,
      hasBody: hasBody(request),
    };
    const { duration = 0 } = group.stickiness ?? {};
    return { forwarding, ...(name ? { cookie: setCookie(name, target.taskArn, duration, Date.now()) } : {}) };
  }

  /** A target that the security groups let it reach; where they let it reach none, it would wait in vain. */
  #reachable(targetGroupArn: string, preferred: string | undefined): Target | undefined {
    const tried = new Set<Target>();
    for (;;) {
      const target = this.#groups.choose(targetGroupArn, tried, preferred);
      if (target === undefined || this.#groups.reaches(targetGroupArn, target)) return target;
      tried.add(target);
    }
  }
}

function give(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  request.resume();
  if (response.destroyed) return;
  staysOpen(request, response);
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

function parts(request: IncomingMessage): { host: string; url: string } {
  const authority = request.headers.host ?? (request.headers[":authority"] as string | undefined);
  return { host: authority ?? request.socket.localAddress ?? "", url: request.url ?? "/" };
}

function protocolOf({ protocol }: Listener): "http" | "https" {
  return protocol === "HTTPS" ? "https" : "http";
}

function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  if (headers["content-length"] !== undefined) return headers["content-length"] !== "0";
  if (request.httpVersionMajor < 2) return headers["transfer-encoding"] !== undefined;
  return !(request as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders;
}
