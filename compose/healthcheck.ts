import type { CanonicalService } from "./canonical.ts";
import type { Healthcheck } from "./model.ts";
import type { Reading } from "./reading.ts";
import { toSeconds } from "./units.ts";

export function toHealthcheck(
  service: string,
  check: NonNullable<CanonicalService["healthcheck"]>,
  { report }: Reading,
): Healthcheck {
  const { disable = false, test, retries } = check;
  if (disable || test?.[0] === "NONE") return { test: ["NONE"] };
  const seconds = (name: string, value: string | undefined) => {
    const duration = value === undefined ? undefined : toSeconds(value);
    // Docker takes 0 as "the image's own", and refuses anything else below a millisecond.
    if (duration !== undefined && duration > 0 && duration < 0.001) {
      report.problem(["services", service, "healthcheck", name], `is ${value}`, "Give at least 1ms");
    }
    return duration;
  };
  const interval = seconds("interval", check.interval);
  const timeout = seconds("timeout", check.timeout);
  const startPeriod = seconds("start_period", check.start_period);
  const startInterval = seconds("start_interval", check.start_interval);
  return {
    ...(test ? { test } : {}),
    ...(interval === undefined ? {} : { interval }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { retries }),
    ...(startPeriod === undefined ? {} : { startPeriod }),
    ...(startInterval === undefined ? {} : { startInterval }),
  };
}

/** Whether a container with this health check can be told healthy; without one in the file, the image may have its own. */
export function canBeHealthy(check: Healthcheck | undefined): boolean {
  return check?.test?.[0] !== "NONE";
}
