import { setTimeout as sleep } from "node:timers/promises";
import { getInstanceGuestAttributes } from "@pulumi/gcp/compute/getInstanceGuestAttributes.js";

/** What a VM says of a release. */
export interface ReleaseReport {
  readonly id: string;
  readonly status: "working" | "released" | "retrying" | "failed";
  /** How often it has been tried. */
  readonly attempt: number;
  /** The stage it is in, or why it failed, with the container's last log lines. */
  readonly text: string;
}

/** Where a VM's reports are read. */
export interface ReportSource {
  readonly project: string;
  readonly zone: string;
  readonly instance: string;
}

/** Reads the guest attribute `retrofit/release`. @throws where there is none, or it may not be read */
export type ReadReport = () => Promise<string>;

/** Seconds for which a failure is not believed that may heal: a VM tries again every 30 s, and rights take time to hold. */
const healsWithin = 60;

/** @returns undefined where the text is no report */
export function parseReport(text: string): ReleaseReport | undefined {
  const [, id = "", status = "", attempt = "", rest = ""] =
    /^([0-9a-f]+) (working|released|retrying|failed) (\d+)\n?([\s\S]*)$/.exec(text) ?? [];
  if (id === "") return undefined;
  return { id, status: status as ReleaseReport["status"], attempt: Number(attempt), text: rest.trim() };
}

export function reader({ project, zone, instance }: ReportSource): ReadReport {
  return async () => {
    const answer = await getInstanceGuestAttributes({ project, zone, name: instance, variableKey: "retrofit/release" });
    return answer.variableValue;
  };
}

/**
 * Wait until a VM reports that it has released, or could not.
 *
 * @param timeout seconds
 * @param tell what is being done at the moment
 * @returns the reason where it could not, undefined where it has
 */
export async function awaitRelease(
  id: string,
  read: ReadReport,
  timeout: number,
  tell: (stage: string) => void,
  pause: (seconds: number) => Promise<unknown> = (seconds) => sleep(seconds * 1000),
): Promise<string | undefined> {
  const poll = 3;
  let last: ReleaseReport | undefined;
  let silence = "It has not reported anything yet.";
  let failedAt: number | undefined;
  for (let waited = 0; waited < timeout; waited += poll) {
    try {
      const text = await read();
      last = parseReport(text) ?? last;
      silence = `It says: ${text.slice(0, 200)}`;
    } catch (error) {
      silence = `Its reports cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (last?.id === id) {
      if (last.status === "released") return undefined;
      if (last.status === "working") tell(last.text);
      if (last.status === "failed") return last.text;
      if (last.status === "retrying") {
        failedAt ??= waited;
        if (waited - failedAt >= healsWithin) return last.text;
      }
    }
    await pause(poll);
  }
  const stage = last?.id === id ? `It was at: ${last.text}` : silence;
  return `the VM did not come up with it within ${timeout} s. ${stage}`;
}
