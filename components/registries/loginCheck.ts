import { Agent as HttpAgent, get as httpGet, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent, get } from "node:https";
import { getCACertificates } from "node:tls";
import { dockerHubHost, isLocal } from "./location.ts";

/** What a registry says to a login: `refused` is certain; `unknown` where it, or its answer, cannot be had. */
export type Verdict = { readonly kind: "accepted" | "refused" } | { readonly kind: "unknown"; readonly reason: string };

export interface KnownLogin {
  readonly username: string;
  readonly password: string;
}

const patience = 10_000;

/**
 * Whether a registry is there, and takes a login. Asks as the distribution specification has it: `/v2/` first, then
 * with the login in the way that the answer names.
 *
 * @param host as images are named by it
 */
export async function checkLogin(host: string, login?: KnownLogin): Promise<Verdict> {
  try {
    const url = `${isLocal(host) ? "http" : "https"}://${host === dockerHubHost ? "registry-1.docker.io" : host}/v2/`;
    const { statusCode, headers } = await ask(url);
    if (statusCode !== 401) return ofStatus(statusCode);
    if (login === undefined) return { kind: "accepted" };
    const place = placeOfLogin(url, headers["www-authenticate"] ?? "", login.username);
    if (place === undefined) return { kind: "unknown", reason: "it names no safe place to log in" };
    const answer = await ask(place, login);
    return [401, 403].includes(answer.statusCode ?? 0) ? { kind: "refused" } : ofStatus(answer.statusCode);
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error as NodeJS.ErrnoException) };
  }
}

function ofStatus(status = 0): Verdict {
  return status < 400 ? { kind: "accepted" } : { kind: "unknown", reason: `it answers with HTTP ${status}` };
}

/** Where a challenge sends for a token, the registry itself where it is `Basic`; undefined where it could be overheard. */
function placeOfLogin(registry: string, challenge: string, username: string): string | undefined {
  const [, parameters] = /^Bearer\s+(.*)$/i.exec(challenge) ?? [];
  if (parameters === undefined) return registry;
  const { realm = "", service } = Object.fromEntries(
    [...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value as string]),
  );
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal(url.host))) return undefined;
  url.searchParams.set("account", username);
  if (service !== undefined) url.searchParams.set("service", service);
  return url.href;
}

function ask(url: string, login?: KnownLogin): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      agent: url.startsWith("https:") ? secureAgent() : plainAgent(),
      timeout: patience,
      ...(login && { auth: `${login.username}:${login.password}` }),
    };
    const request = (url.startsWith("https:") ? get : httpGet)(url, options, (response) => {
      response.resume();
      resolve(response);
    });
    request.on("timeout", () => request.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    request.on("error", reject);
  });
}

/** Trusts what Docker and BuildKit trust: the system's authorities too. Proxies are those of the environment. */
function secureAgent(): Agent {
  return new Agent({ ca: [...getCACertificates("default"), ...getCACertificates("system")], proxyEnv: process.env });
}

function plainAgent(): HttpAgent {
  return new HttpAgent({ proxyEnv: process.env });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such host",
    EAI_AGAIN: "its name cannot be looked up",
    ETIMEDOUT: "no answer",
    ECONNRESET: "it ended the connection",
  };
  return reasons[code ?? ""] ?? (message || String(code));
}
