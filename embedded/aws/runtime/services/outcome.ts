/** What becomes of a service's deployments. Pure. */
import { now } from "../../names.ts";
import { backOff } from "./plan.ts";
import { type DeploymentRecord, type ServiceRecord, withDeployment, withEvents } from "./record.ts";

/** Seconds that a failed deployment is shown after another has taken its place. */
const shown = 120;
/** Failures in a row from which ECS says so. */
const many = 3;

/** A deployment begins: what was primary goes on until the new one has taken over. */
export function begun(record: ServiceRecord, deployment: DeploymentRecord): ServiceRecord {
  return { ...record, status: "ACTIVE", deployments: [deployment, ...record.deployments], steady: false };
}

export function completed(record: ServiceRecord, name: string): ServiceRecord {
  const [primary] = record.deployments;
  if (primary === undefined) return record;
  const done = withDeployment(record, primary.id, {
    rolloutState: "COMPLETED",
    rolloutStateReason: `ECS deployment ${primary.id} completed.`,
    failedTasks: 0,
  });
  return withEvents(done, [
    `(service ${name}) (deployment ${primary.id}) deployment completed.`,
    `(service ${name}) has reached a steady state.`,
  ]);
}

/**
 * The circuit breaker acts.
 * @param rollback whether to go back to the last deployment that completed, if there is one
 */
export function broken(record: ServiceRecord, name: string, rollback: boolean): ServiceRecord {
  const [primary, ...others] = record.deployments;
  if (primary === undefined) return record;
  const failed: DeploymentRecord = {
    ...primary,
    rolloutState: "FAILED",
    rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
    updatedAt: now(),
  };
  const said = [`(service ${name}) (deployment ${primary.id}) deployment failed: tasks failed to start.`];
  const last = rollback ? others.find(({ rolloutState }) => rolloutState === "COMPLETED") : undefined;
  if (last === undefined) return withEvents({ ...record, deployments: [failed, ...others] }, said);
  const restored: DeploymentRecord = {
    ...last,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${last.id}.`,
    failedTasks: 0,
    notBefore: 0,
    updatedAt: now(),
  };
  const deployments = [restored, failed, ...others.filter((other) => other !== last)];
  return withEvents({ ...record, deployments }, [...said, `(service ${name}) rolling back to deployment ${last.id}.`]);
}

/** One of its tasks has ended by itself, or was stopped because it was not healthy. @param at milliseconds since 1970 */
export function taskFailed(record: ServiceRecord, name: string, deployment: string, at: number): ServiceRecord {
  const of = record.deployments.find(({ id }) => id === deployment);
  if (of === undefined) return record;
  const failedTasks = of.failedTasks + 1;
  const next = withDeployment(record, deployment, { failedTasks, notBefore: at + backOff(failedTasks) });
  if (failedTasks !== many) return next;
  return withEvents(next, [`(service ${name}) is unable to consistently start tasks successfully.`]);
}

/** A task of the primary deployment has been found healthy: its failures were no rule. */
export function taskSucceeded(record: ServiceRecord): ServiceRecord {
  const [primary] = record.deployments;
  if (primary === undefined || primary.failedTasks === 0) return record;
  return withDeployment(record, primary.id, { failedTasks: 0, notBefore: 0 });
}

/** Without deployments that nobody needs any more. @param alive ids of those that have tasks */
export function pruned(record: ServiceRecord, alive: ReadonlySet<string>): ServiceRecord {
  const [primary, ...others] = record.deployments;
  if (primary === undefined) return record;
  const kept = others.filter(
    ({ id, rolloutState, updatedAt }) =>
      alive.has(id) ||
      (rolloutState === "FAILED" && now() - updatedAt < shown) ||
      // There may be a way back to it.
      (rolloutState === "COMPLETED" && primary.rolloutState === "IN_PROGRESS"),
  );
  return kept.length === others.length ? record : { ...record, deployments: [primary, ...kept] };
}
