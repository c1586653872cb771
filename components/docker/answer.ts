import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoint, type Scheme, schemeOf, speechOf, urlOf } from "../endpoint.ts";
import { type Deadline, ReleaseError } from "../releaseError.ts";

/** Seconds that an answer may take. */
const patience = 10;

/**
 * Wait until a port answers below 500, if HTTP is what it speaks. One that cannot be asked from here is taken at its container's word.
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

/** Asks by the likely scheme, then by the other, where it can be asked from here. */
async function probe(endpoint: Endpoint): Promise<{ readonly scheme?: Scheme; readonly fault?: string }> {
  if (endpoint.elsewhere) return {};
  const likely = schemeOf(endpoint);
  const first = await ask(endpoint, likely);
  if (first.status !== undefined) return judged(likely, first.status);
  // The name of another machine by which ssh alone knows it.
  if (first.error.code === "ENOTFOUND") return {};
  if (first.error.code === "ECONNREFUSED") return { fault: first.error.message };
  const other = likely === "http" ? "https" : "http";
  const second = await ask(endpoint, other);
  if (second.status !== undefined) return judged(other, second.status);
  return speechOf(endpoint.target) === "any" ? {} : { fault: first.error.message };
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
