/** What an Application Load Balancer answers by itself. */
import { STATUS_CODES } from "node:http";
import type { ListenerAction } from "../../balancing/model.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const server = "awselb/2.0";

/** A page with nothing but the status: 502, 503, 504, ... */
export function page(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return {
    status,
    headers: { Server: server, "Content-Type": "text/html", "Content-Length": `${body.length}`, ...headers },
    body,
  };
}

export interface Asked {
  /** As the client wrote it, with a port or without. */
  readonly host: string;
  /** Path and query. */
  readonly url: string;
  readonly protocol: "http" | "https";
  /** Of the listener. */
  readonly port: number;
}

/** A redirect, its URL made from the parts of the one that was asked for. */
export function redirect(action: Extract<ListenerAction, { type: "redirect" }>, asked: Asked): Answer {
  const [path = "/", ...query] = asked.url.split("?");
  const parts: Readonly<Record<string, string>> = {
    host: asked.host.replace(/:\d+$/, ""),
    path: path.replace(/^\//, ""),
    port: `${asked.port}`,
    protocol: asked.protocol.toUpperCase(),
    query: query.join("?"),
  };
  const filled = (text: string) => text.replace(/#\{(\w+)\}/g, (all, name) => parts[name] ?? all);
  const search = filled(action.query);
  const target = `${filled(action.protocol).toLowerCase()}://${filled(action.host)}:${filled(action.port)}`;
  const location = `${target}${filled(action.path)}${search === "" ? "" : `?${search}`}`;
  return page(action.statusCode === "HTTP_301" ? 301 : 302, { Location: location });
}

export function fixedResponse(action: Extract<ListenerAction, { type: "fixed-response" }>): Answer {
  const { contentType, messageBody: body } = action;
  const length = `${Buffer.byteLength(body)}`;
  return {
    status: Number(action.statusCode),
    headers: { Server: server, "Content-Type": contentType, "Content-Length": length },
    body,
  };
}
