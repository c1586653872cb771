import type { Restart } from "../../compose/model.ts";

export interface UnitOptions {
  readonly description: string;
  readonly restart: Restart;
  /** Seconds between stop signal and kill. @default 10 */
  readonly stopGracePeriod?: number;
  /** Volumes whose buckets must be mounted before it starts. */
  readonly buckets?: readonly string[];
  /** The volume whose bucket it mounts. */
  readonly mounts?: string;
}

const script = "/bin/bash /run/retrofit/container";

/**
 * The systemd unit of a container of the same name. It only wants the engine: required, a restart of the engine would stop
 * the containers, which outlive it.
 */
export function unit({ description, restart, stopGracePeriod = 10, buckets = [], mounts }: UnitOptions): string {
  const lines = [
    "[Unit]",
    // A % would begin one of systemd's specifiers.
    `Description=${description.replaceAll("%", "%%")}`,
    "Wants=docker.service",
    "After=docker.service",
    ...startLimit(restart),
    "",
    "[Service]",
    ...buckets.map((volume) => `ExecStartPre=${script} await ${volume}`),
    ...(mounts === undefined ? [] : [`ExecStartPre=${script} share ${mounts}`]),
    `ExecStart=${script} run %N`,
    ...(mounts === undefined ? [] : [`ExecStartPost=${script} mounted ${mounts}`]),
    `ExecStop=${script} stop %N ${stopGracePeriod}`,
    `Restart=${restart.policy === "unless-stopped" ? "always" : restart.policy}`,
    "RestartSec=1",
    `TimeoutStopSec=${stopGracePeriod + 10}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** systemd's own limit, 5 starts in 10 s, would end what Compose restarts for ever. */
function startLimit({ policy, maxRetries }: Restart): string[] {
  return policy === "on-failure" && maxRetries !== undefined
    ? ["StartLimitIntervalSec=infinity", `StartLimitBurst=${maxRetries + 1}`]
    : ["StartLimitIntervalSec=0"];
}
