import type { Deployment, ServiceStatus } from "../../ecs/service.ts";
import type { TaskRecord } from "../tasks/record.ts";
import type { DeploymentRecord, ServiceRecord } from "./record.ts";

/** A service as the API shows it. @param own its tasks that are not over */
export function statusOf(
  record: ServiceRecord | undefined,
  desired: number,
  own: readonly TaskRecord[],
): ServiceStatus {
  if (record === undefined) {
    return { status: "INACTIVE", runningCount: 0, pendingCount: 0, deployments: [], events: [] };
  }
  const deployments = record.deployments.map((deployment, index) =>
    describe(deployment, index === 0 ? desired : undefined, own),
  );
  return {
    status: record.status,
    ...counts(own),
    // One to which there may be a way back is not shown once its tasks are gone.
    deployments: deployments.filter(
      ({ status, rolloutState, runningCount, pendingCount }) =>
        status === "PRIMARY" || rolloutState === "FAILED" || runningCount + pendingCount > 0,
    ),
    events: record.events,
  };
}

function counts(tasks: readonly TaskRecord[]): { runningCount: number; pendingCount: number } {
  const live = tasks.filter(({ task }) => task.desiredStatus === "RUNNING");
  const runningCount = live.filter(({ task }) => task.lastStatus === "RUNNING").length;
  return { runningCount, pendingCount: live.length - runningCount };
}

/** @param desired of the primary one; others have what is left of them */
function describe(deployment: DeploymentRecord, desired: number | undefined, own: readonly TaskRecord[]): Deployment {
  const { runningCount, pendingCount } = counts(own.filter(({ task }) => task.startedBy === deployment.id));
  const { id, taskDefinition, failedTasks, createdAt, updatedAt, launchType } = deployment;
  return {
    id,
    status: desired === undefined ? "ACTIVE" : "PRIMARY",
    taskDefinition,
    desiredCount: desired ?? runningCount + pendingCount,
    pendingCount,
    runningCount,
    failedTasks,
    createdAt,
    updatedAt,
    launchType,
    ...(launchType === "FARGATE" ? { platformVersion: deployment.platformVersion } : {}),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}
