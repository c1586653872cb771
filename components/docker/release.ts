import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "./engine.ts";
import { type Expected, hasEnded, type Verdict, verdictOf, type Wanted } from "./verdict.ts";

/** A container of the release that is being waited for. */
export interface Awaited extends Expected {
  readonly service: string;
  readonly containerId: string;
}

/** A published TCP port of a released service. */
export interface Endpoint {
  readonly service: string;
  /** Address that answers from this machine. */
  readonly host: string;
  readonly port: number;
  /** Port in the container, which tells what the protocol is likely to be. */
  readonly target: number;
}

/** When waiting ends, milliseconds since the epoch; may be brought forward while it lasts. */
export interface Deadline {
  at: number;
}

/** The release did not come up: which service, and why. */
export class ReleaseError extends Error {
  /** What its container printed last; may hold secrets. */
  readonly printed: string | undefined;

  constructor(message: string, printed?: string) {
    super(message);
    this.printed = printed;
  }
}

const logLines = 20;

/** Wait until a container is what is wanted of it. @throws ReleaseError when it fails, or has not by the deadline */
export async function awaitContainer(
  engine: Engine,
  awaited: Awaited,
  wanted: Wanted,
  deadline: Deadline,
): Promise<void> {
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 500)) {
    const state = await engine.state(awaited.containerId);
    const verdict = verdictOf(state, wanted, awaited, Date.now());
    if (verdict.is === "reached") return;
    if (verdict.is === "failed" || Date.now() + pause > deadline.at) {
      throw await failureOf(engine, awaited, state.name, verdict);
    }
    await sleep(pause);
  }
}

/** Start a service that somebody stopped: what the user asked for is that it runs. */
export async function startStopped(engine: Engine, { containerId, mayEnd }: Awaited): Promise<void> {
  if (!mayEnd && hasEnded(await engine.state(containerId))) await engine.start(containerId);
}

/** Wait until a published port answers below 500, if HTTP is what it speaks. @throws ReleaseError */
export async function awaitAnswer(endpoint: Endpoint, deadline: Deadline): Promise<void> {
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    const answer = await probe(endpoint);
    if (answer.is === "reached") return;
    if (answer.is === "failed" || Date.now() + pause > deadline.at) {
      const said = answer.is === "failed" ? answer.why : answer.waitingFor;
      throw new ReleaseError(`service "${endpoint.service}" does not answer at ${urlOf(endpoint)}: ${said}`);
    }
    await sleep(pause);
  }
}

/** Ports that by convention speak TLS or HTTP; any other may speak a protocol of its own. */
const tlsPorts = new Set([443, 8443]);
const httpPorts = new Set([80, 3000, 5000, 8000, 8080, 8888]);

export function urlOf({ host, port, target }: Endpoint): string {
  const scheme = tlsPorts.has(target) ? "https" : "http";
  const usual = scheme === "https" ? 443 : 80;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}${port === usual ? "" : `:${port}`}/`;
}

/** The endpoint that a person would open: TLS first, then plain HTTP, then whatever is published. */
export function mainEndpoint(endpoints: readonly Endpoint[]): Endpoint | undefined {
  const rank = ({ target }: Endpoint) => (tlsPorts.has(target) ? 0 : httpPorts.has(target) ? 1 : 2);
  return [...endpoints].sort((a, b) => rank(a) - rank(b) || a.target - b.target)[0];
}

function probe(endpoint: Endpoint): Promise<Verdict> {
  const speaksHttp = tlsPorts.has(endpoint.target) || httpPorts.has(endpoint.target);
  const get = tlsPorts.has(endpoint.target) ? getHttps : getHttp;
  return new Promise((resolve) => {
    const request = get(urlOf(endpoint), { rejectUnauthorized: false, timeout: 10_000 }, (response) => {
      response.destroy();
      const status = response.statusCode ?? 0;
      resolve(status < 500 ? { is: "reached" } : { is: "pending", waitingFor: `it answers ${status}` });
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", (error: NodeJS.ErrnoException) => {
      const refused = error.code === "ECONNREFUSED";
      resolve(speaksHttp || refused ? { is: "pending", waitingFor: error.message } : { is: "reached" });
    });
  });
}

async function failureOf(engine: Engine, awaited: Awaited, name: string, verdict: Verdict): Promise<ReleaseError> {
  const why =
    verdict.is === "failed"
      ? verdict.why
      : verdict.is === "pending"
        ? `timed out waiting for ${verdict.waitingFor}`
        : "";
  const printed = await engine.logs(awaited.containerId, logLines).catch(() => "");
  return new ReleaseError(`service "${awaited.service}" (container ${name}) ${why}.`, printed);
}
