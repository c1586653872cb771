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
    // Only a challenge proves that a registry is there that wants a login; anything else, the push will tell.
    if (statusCode !== 401 || login === undefined) return { kind: "accepted" };
    const answer = await ask(tokenUrl(headers["www-authenticate"], login.username) ?? url, login);
    return { kind: answer.statusCode === 401 || answer.statusCode === 403 ? "refused" : "accepted" };
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error as NodeJS.ErrnoException) };
  }
}

/** Where a `Bearer` challenge sends for a token; undefined for any other. */
function tokenUrl(challenge: string | undefined, username: string): string | undefined {
  const [, parameters] = /^Bearer\s+(.*)$/i.exec(challenge ?? "") ?? [];
  if (parameters === undefined) return undefined;
  const { realm, service } = Object.fromEntries(
    [...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value as string]),
  );
  // A login is not sent to whoever a registry names over plain HTTP, unless it is this machine.
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (url.protocol !== "https:" && !isLocal(url.host)) return undefined;
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
