import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { TargetGroup } from "../../balancing/model.ts";
import { type Finding, failed, matches, mismatch, timedOut } from "./health.ts";
import { dial } from "./relay.ts";

/** Checks a target once. @param port of its traffic */
export async function probe(check: TargetGroup["healthCheck"], host: string, port: number): Promise<Finding> {
  const at = { host, port: check.port === "traffic-port" ? port : check.port };
  const timeout = check.timeout * 1000;
  if (check.protocol !== "TCP") return probeHttp(check, at, timeout);
  const begun = Date.now();
  const socket = await dial(at, timeout);
  socket?.destroy();
  if (socket) return { ok: true };
  return Date.now() - begun >= timeout ? timedOut : failed;
}

function probeHttp(
  { protocol, path, matcher }: TargetGroup["healthCheck"],
  at: { host: string; port: number },
  timeout: number,
): Promise<Finding> {
  return new Promise((resolve) => {
    const options = {
      ...at,
      path,
      agent: false,
      headers: { Host: at.host, "User-Agent": "ELB-HealthChecker/2.0", Accept: "*/*", Connection: "close" },
      rejectUnauthorized: false, // a load balancer does not look at its targets' certificates
      signal: AbortSignal.timeout(timeout),
    };
    const check = protocol === "HTTPS" ? requestHttps(options) : requestHttp(options);
    check.on("response", (response) => {
      response.resume().on("error", () => undefined);
      const code = response.statusCode ?? 0;
      resolve(matches(matcher, code) ? { ok: true } : mismatch(code));
      response.on("end", () => check.destroy());
    });
    check.on("error", ({ name }) => resolve(name === "AbortError" || name === "TimeoutError" ? timedOut : failed));
    check.end();
  });
}
