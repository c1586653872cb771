/** The headers of requests and answers as an Application Load Balancer passes them on. */
import { randomBytes } from "node:crypto";
import type { LoadBalancer } from "../../balancing/model.ts";

/** Headers by name, in their order; several values where a name comes again. */
export type Headers = Record<string, string | string[]>;

/** They are about one connection, not about the request: RFC 9110, 7.6.1. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

export interface Incoming {
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly clientAddress: string;
  readonly protocol: "http" | "https";
  /** Of the listener. */
  readonly port: number;
}

type HeaderRules = Pick<LoadBalancer, "xffHeaderProcessingMode" | "dropInvalidHeaderFields">;

/** What a target gets. @param now milliseconds since 1970 */
export function requestHeaders(incoming: Incoming, rules: HeaderRules, now: number): Headers {
  const { rawHeaders, clientAddress, protocol, port } = incoming;
  const headers = endToEnd(rawHeaders);
  const authority = take(headers, ":authority");
  for (const name of Object.keys(headers)) {
    if (name.startsWith(":")) delete headers[name];
    else if (rules.dropInvalidHeaderFields && !/^[A-Za-z0-9-]+$/.test(name)) delete headers[name];
  }
  if (authority !== undefined && find(headers, "host") === undefined) headers.Host = authority;
  take(headers, "expect"); // answered already
  if (rules.xffHeaderProcessingMode !== "preserve") {
    const before = take(headers, "x-forwarded-for");
    if (rules.xffHeaderProcessingMode === "append") {
      headers["X-Forwarded-For"] = [...(before === undefined ? [] : [before].flat()), clientAddress].join(", ");
    }
  }
  for (const [name, value] of [
    ["X-Forwarded-Proto", protocol],
    ["X-Forwarded-Port", `${port}`],
  ] as const) {
    take(headers, name.toLowerCase());
    headers[name] = value;
  }
  if (find(headers, "x-amzn-trace-id") === undefined) {
    const time = Math.floor(now / 1000).toString(16);
    headers["X-Amzn-Trace-Id"] = `Root=1-${time}-${randomBytes(12).toString("hex")}`;
  }
  return headers;
}

/** What a client gets. */
export function answerHeaders(
  rawHeaders: readonly string[],
  { responseHeaders, serverHeader }: { responseHeaders: Readonly<Record<string, string>>; serverHeader: boolean },
): Headers {
  const headers = endToEnd(rawHeaders);
  if (!serverHeader) take(headers, "server");
  for (const [name, value] of Object.entries(responseHeaders)) {
    take(headers, name.toLowerCase());
    headers[name] = value;
  }
  return headers;
}

/** Without those that are about the connection, also those that `Connection` names. */
function endToEnd(rawHeaders: readonly string[]): Headers {
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : [],
  );
  const named = pairs
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(",").map((each) => each.trim().toLowerCase()));
  const headers: Headers = {};
  for (const [name, value] of pairs) {
    if (hopByHop.has(name.toLowerCase()) || named.includes(name.toLowerCase())) continue;
    const known = find(headers, name.toLowerCase()) ?? name;
    const before = headers[known];
    headers[known] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** The name as it is written. @param lower in lower case */
function find(headers: Headers, lower: string): string | undefined {
  return Object.keys(headers).find((name) => name.toLowerCase() === lower);
}

/** Removes a header and gives its value. */
function take(headers: Headers, lower: string): string | string[] | undefined {
  const name = find(headers, lower);
  if (name === undefined) return undefined;
  const value = headers[name];
  delete headers[name];
  return value;
}
