import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type Deadline, ReleaseError } from "./release.ts";

/** A published TCP port of a service. */
export interface Endpoint {
  readonly service: string;
  /** Address that answers from this machine. */
  readonly host: string;
  readonly port: number;
  /** Port in the container, which tells what the protocol is likely to be. */
  readonly target: number;
  /** What it has been seen to speak. @default what its port usually does */
  readonly scheme?: Scheme;
}

type Scheme = "http" | "https";

/** Ports that by convention speak TLS or HTTP; any other may speak a protocol of its own. */
const tlsPorts = new Set([443, 8443]);
const httpPorts = new Set([80, 3000, 5000, 8000, 8080, 8888]);

/** Seconds that an answer may take. */
const patience = 10;

export function urlOf(endpoint: Endpoint): string {
  const { host, port } = endpoint;
  const scheme = schemeOf(endpoint);
  const usual = scheme === "https" ? 443 : 80;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}${port === usual ? "" : `:${port}`}/`;
}

/** The endpoint that a person would open: TLS first, then plain HTTP, then whatever is published. */
export function mainEndpoint(endpoints: readonly Endpoint[]): Endpoint | undefined {
  const rank = ({ target }: Endpoint) => (tlsPorts.has(target) ? 0 : httpPorts.has(target) ? 1 : 2);
  return [...endpoints].sort((a, b) => rank(a) - rank(b) || a.target - b.target)[0];
}

/**
 * Wait until a port answers below 500, if HTTP is what it speaks.
 * @returns the endpoint with what it speaks @throws ReleaseError when it has not by the deadline
 */
export async function awaitAnswer(endpoint: Endpoint, deadline: Deadline): Promise<Endpoint> {
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    const { scheme, fault } = await probe(endpoint);
    if (fault === undefined) return { ...endpoint, scheme };
    if (Date.now() + pause > deadline.at) {
      throw new ReleaseError(`service "${endpoint.service}" does not answer at ${urlOf(endpoint)}: ${fault}`);
    }
    await sleep(pause);
  }
}

/** The endpoint with what it speaks, if it answers now. */
export async function seen(endpoint: Endpoint): Promise<Endpoint> {
  const { scheme, fault } = await probe(endpoint);
  return fault === undefined ? { ...endpoint, scheme } : endpoint;
}

function schemeOf({ scheme, target }: Endpoint): Scheme {
  return scheme ?? (tlsPorts.has(target) ? "https" : "http");
}

/** Asks by the likely scheme, then by the other. */
async function probe(endpoint: Endpoint): Promise<{ readonly scheme?: Scheme; readonly fault?: string }> {
  const likely = schemeOf(endpoint);
  const first = await ask(endpoint, likely);
  if (first.status !== undefined) return judged(likely, first.status);
  if (first.error.code === "ECONNREFUSED") return { fault: first.error.message };
  const other = likely === "http" ? "https" : "http";
  const second = await ask(endpoint, other);
  if (second.status !== undefined) return judged(other, second.status);
  const speaksHttp = tlsPorts.has(endpoint.target) || httpPorts.has(endpoint.target);
  return speaksHttp ? { fault: first.error.message } : {};
}

function judged(scheme: Scheme, status: number) {
  return status < 500 ? { scheme } : { fault: `it answers ${status}` };
}

type Answer =
  | { readonly status: number; readonly error?: undefined }
  | { readonly status?: undefined; readonly error: NodeJS.ErrnoException };

function ask(endpoint: Endpoint, scheme: Scheme): Promise<Answer> {
  const get = scheme === "https" ? getHttps : getHttp;
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, timeout: patience * 1000 };
    const request = get(urlOf({ ...endpoint, scheme }), options, (response) => {
      response.destroy();
      resolve({ status: response.statusCode ?? 0 });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patience} s`)));
    request.on("error", (error: NodeJS.ErrnoException) => resolve({ error }));
  });
}
