import type { Healthcheck } from "../../../compose/model.ts";
import type { HealthCheck } from "./model.ts";

/** What ECS takes, from and to, in seconds but for retries. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const ranges = {
  interval: [5, 300],
  timeout: [2, 60],
  retries: [1, 10],
  startPeriod: [0, 300],
} as const;

/** Docker's own, where the compose file says nothing. */
const defaults = { interval: 30, timeout: 30, retries: 3, startPeriod: 0 };

/** A health check as ECS takes it; none where the file has no command, as ECS looks at no image's own. */
export function healthCheck(check: Healthcheck | undefined): HealthCheck | undefined {
  const command = check?.test;
  if (check === undefined || command === undefined || command[0] === "NONE") return undefined;
  const { startPeriod, ...times } = limited(check);
  return { command, ...times, ...(startPeriod === 0 ? {} : { startPeriod }) };
}

/** The fields of a health check that ECS takes only within limits, and what becomes of them. */
export function changedTimes(check: Healthcheck): { field: keyof typeof ranges; from: number; to: number }[] {
  const times = limited(check);
  return (Object.keys(ranges) as (keyof typeof ranges)[]).flatMap((field) => {
    const from = Math.ceil(check[field] || defaults[field]);
    return from === times[field] ? [] : [{ field, from, to: times[field] }];
  });
}

function limited(check: Healthcheck): Required<Omit<HealthCheck, "command">> {
  const within = (field: keyof typeof ranges) => {
    const [least, most] = ranges[field];
    // Docker takes 0 as "the default".
    return Math.min(most, Math.max(least, Math.ceil(check[field] || defaults[field])));
  };
  return {
    interval: within("interval"),
    timeout: within("timeout"),
    retries: within("retries"),
    startPeriod: within("startPeriod"),
  };
}
