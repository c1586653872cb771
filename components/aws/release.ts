import { setTimeout as sleep } from "node:timers/promises";
import { type Deadline, ReleaseError, shownLines } from "../releaseError.ts";
import type { EcsApi } from "./ecsApi.ts";
import {
  because,
  faultOf,
  hasFailed,
  jobVerdict,
  rolloutVerdict,
  type ServiceState,
  type TaskState,
  tellingContainer,
  type Verdict,
} from "./ecsState.ts";

/** What is waited for. */
export interface Awaited {
  /** The compose service, or the app where that is one task. */
  readonly name: string;
  /** Its container, whose log tells most. */
  readonly container: string;
  /** Its service in the cluster. */
  readonly serviceName: string;
  /** ARN of the task definition that it is to run. */
  readonly taskDefinition: string;
}

/** How waiting goes on. */
export interface Waiting {
  readonly deadline: Deadline;
  /** Tells what is being waited for. */
  readonly tell: (stage: string) => void;
  /** @default by the clock */
  readonly pause?: (seconds: number) => Promise<unknown>;
}

/** Seconds between two questions. */
const poll = 2;
/** Seconds in which ECS may not know yet what was asked of it: it is eventually consistent. */
const settlesWithin = 30;
/** Seconds for which ECS may not be reached, or have no answer, before the wait is given up. */
const unansweredFor = 60;
/** Names of errors by which AWS, or its SDK, says that one may not ask. ECS answers them with status 400. */
const refusals =
  /^(AccessDenied|Unauthorized|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|CredentialsProviderError|TokenProviderError|OptInRequired)/;

/** Wait until a service runs a release, and nothing else. @throws ReleaseError where it does not */
export async function awaitRollout(
  api: EcsApi,
  awaited: Awaited & { readonly digests: Readonly<Record<string, string>> },
  waiting: Waiting,
): Promise<void> {
  const { name, serviceName, taskDefinition, digests } = awaited;
  const since = Date.now();
  const before = await tryAgain(api, awaited);
  await until(
    waiting,
    name,
    async () => {
      const [service, tasks] = await Promise.all([api.service(serviceName), api.tasks(serviceName, "RUNNING")]);
      const settled = Date.now() - since > settlesWithin * 1000;
      return rolloutVerdict(service && without(service, before), tasks, taskDefinition, digests, settled);
    },
    async (why) => {
      const stopped = newest((await api.tasks(serviceName, "STOPPED")).filter(hasFailed), taskDefinition);
      if (stopped !== undefined) return explained(api, awaited, stopped, because(why, faultOf(stopped)));
      const [event] = (await api.service(serviceName))?.events ?? [];
      return new ReleaseError(`service "${name}" ${because(why, event)}.`);
    },
  );
}

/** What failed in an earlier update, with nothing to go back to, ECS does not try again by itself. @returns id of that deployment */
async function tryAgain(api: EcsApi, { serviceName, taskDefinition }: Awaited): Promise<string | undefined> {
  const [primary] = (await api.service(serviceName))?.deployments ?? [];
  if (primary?.rollout !== "FAILED" || primary.taskDefinition !== taskDefinition) return undefined;
  await api.redeploy(serviceName);
  return primary.id;
}

function without(service: ServiceState, deployment: string | undefined): ServiceState {
  return { ...service, deployments: service.deployments.filter(({ id }) => id !== deployment) };
}

/**
 * Run a job of a release to its end; not again where it has done so. A run that another update began is waited for.
 * @throws ReleaseError where it fails
 */
export async function runJob(
  api: EcsApi,
  awaited: Awaited & { readonly release: string },
  waiting: Waiting,
): Promise<void> {
  const { name, container, serviceName, taskDefinition, release } = awaited;
  const before = await api.service(serviceName);
  if (before?.release === release) return;

  const ended = new Set((await api.tasks(serviceName, "STOPPED")).map(({ arn }) => arn));
  await api.scale(serviceName, 1);
  let task: TaskState | undefined;
  let atWork = before?.deployments.some(({ running }) => running > 0) ?? false;
  try {
    await until(
      waiting,
      name,
      async () => {
        const stopped = (await api.tasks(serviceName, "STOPPED")).filter(({ arn }) => !ended.has(arn));
        const running = await api.tasks(serviceName, "RUNNING");
        // Where one stopped, ECS starts another, which would fare no better.
        task = newest(stopped, taskDefinition) ?? running.find((each) => each.taskDefinition === taskDefinition);
        const verdict = jobVerdict(task, container);
        atWork = verdict.is === "pending" && task !== undefined;
        return verdict;
      },
      async (why) =>
        task === undefined ? new ReleaseError(`service "${name}" ${why}.`) : explained(api, awaited, task, why),
    );
    await api.setRelease((before ?? (await api.service(serviceName)))?.arn ?? "", release);
  } catch (error) {
    // A job that is still at it is not cut off in the middle: the next update waits for it. What failed first is what is told.
    if (!atWork) await api.scale(serviceName, 0).catch(() => {});
    throw error;
  }
  await api.scale(serviceName, 0);
}

/**
 * Ask until it is as wanted. A question without an answer is asked again: one lost connection is no failed release.
 * @throws what `failure` makes of the reason, where it never will be, or not in time; what stands in the way of answers
 */
async function until(
  { deadline, tell, pause = (seconds) => sleep(seconds * 1000) }: Waiting,
  name: string,
  ask: () => Promise<Verdict>,
  failure: (why: string) => Promise<ReleaseError>,
): Promise<void> {
  let answeredAt = Date.now();
  for (;;) {
    const verdict = await ask().catch((error: unknown) => unanswered(error));
    if (!("error" in verdict)) answeredAt = Date.now();
    else if (Date.now() + poll * 1000 > Math.min(deadline.at, answeredAt + unansweredFor * 1000)) throw verdict.error;
    if (verdict.is === "reached") return;
    if (verdict.is === "failed") throw await failure(verdict.why);
    if (Date.now() + poll * 1000 > deadline.at) throw await failure(`timed out waiting for ${verdict.waitingFor}`);
    tell(`Service ${name} waits for ${verdict.waitingFor}`);
    await pause(poll);
  }
}

/** @throws the error itself, where asking again is of no use: a right or a login that is missing */
function unanswered(error: unknown) {
  if (error instanceof ReleaseError || isRefusal(error)) throw error;
  const said = error instanceof Error ? error.message || error.name : String(error);
  return { is: "pending", waitingFor: `ECS to answer: ${said}`, error } as const;
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === 401 || status === 403 || refusals.test(error.name);
}

function newest(tasks: readonly TaskState[], taskDefinition: string): TaskState | undefined {
  return tasks.filter((task) => task.taskDefinition === taskDefinition).sort((a, b) => b.stoppedAt - a.stoppedAt)[0];
}

async function explained(
  api: EcsApi,
  { name, container }: Awaited,
  task: TaskState,
  why: string,
): Promise<ReleaseError> {
  const printed = await api.lastLines(task, tellingContainer(task, container), shownLines).catch(() => undefined);
  return new ReleaseError(`service "${name}" ${why}.`, printed);
}
