import { describe, expect, it } from "vitest";
import {
  begun,
  broken,
  completed,
  pruned,
  taskFailed,
  taskSucceeded,
} from "../../../../embedded/aws/runtime/services/outcome.ts";
import { differs, newDeployment, type ServiceRecord } from "../../../../embedded/aws/runtime/services/record.ts";
import { statusOf } from "../../../../embedded/aws/runtime/services/status.ts";
import { service } from "./world.ts";

const empty: ServiceRecord = { serviceArn: "arn", status: "ACTIVE", deployments: [], events: [], steady: false };
const spec = service("web", "web:1");
const messages = ({ events }: ServiceRecord) =>
  events.map(({ message }) => message.replace(/ecs-svc\/\d{19}/g, "<id>"));

/** A service of which a second deployment is under way. */
function updated(): ServiceRecord {
  const first = completed(begun(empty, newDeployment(spec, [])), "web");
  return begun(first, newDeployment({ ...spec, taskDefinition: "web:2" }, []));
}

describe("what becomes of deployments", () => {
  it("begins one as primary beside the one before", () => {
    const status = statusOf(updated(), 2, []);
    expect(
      status.deployments.map(({ status: is, taskDefinition, rolloutState }) => [is, taskDefinition, rolloutState]),
    ).toEqual([["PRIMARY", "web:2", "IN_PROGRESS"]]);
    expect(updated().deployments.map(({ taskDefinition }) => taskDefinition)).toEqual(["web:2", "web:1"]);
  });

  it("says when it has completed", () => {
    const record = completed(updated(), "web");
    expect(record.deployments[0]).toMatchObject({ rolloutState: "COMPLETED", taskDefinition: "web:2" });
    expect(messages(record).slice(0, 2)).toEqual([
      "(service web) has reached a steady state.",
      "(service web) (deployment <id>) deployment completed.",
    ]);
  });

  it("rolls back to the last one that completed, under its own id", () => {
    const before = updated();
    const record = broken(before, "web", true);
    const [primary, failed] = record.deployments;
    expect(primary?.id).toBe(before.deployments[1]?.id);
    expect(primary).toMatchObject({
      taskDefinition: "web:1",
      rolloutState: "IN_PROGRESS",
      rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${primary?.id}.`,
    });
    expect(failed).toMatchObject({
      rolloutState: "FAILED",
      rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
    });
    expect(messages(record).slice(0, 2)).toEqual([
      "(service web) rolling back to deployment <id>.",
      "(service web) (deployment <id>) deployment failed: tasks failed to start.",
    ]);
    expect(statusOf(record, 2, []).deployments.map(({ rolloutState }) => rolloutState)).toEqual([
      "IN_PROGRESS",
      "FAILED",
    ]);
  });

  it("stays failed where there is no way back, or none is wanted", () => {
    const first = begun(empty, newDeployment(spec, []));
    expect(broken(first, "web", true).deployments.map(({ rolloutState }) => rolloutState)).toEqual(["FAILED"]);
    expect(broken(updated(), "web", false).deployments.map(({ rolloutState }) => rolloutState)).toEqual([
      "FAILED",
      "COMPLETED",
    ]);
  });

  it("counts failures in a row, and forgets them with the first success", () => {
    let record = updated();
    const id = record.deployments[0]?.id ?? "";
    for (let n = 0; n < 3; n++) record = taskFailed(record, "web", id, 1000);
    expect(record.deployments[0]).toMatchObject({ failedTasks: 3, notBefore: 3000 });
    expect(messages(record)[0]).toBe("(service web) is unable to consistently start tasks successfully.");
    expect(taskSucceeded(record).deployments[0]).toMatchObject({ failedTasks: 0, notBefore: 0 });
    expect(taskFailed(record, "web", "ecs-svc/unknown", 1000)).toBe(record);
  });

  it("drops deployments that nobody needs any more", () => {
    const record = updated();
    const [second, first] = record.deployments;
    expect(pruned(record, new Set()).deployments).toHaveLength(2);
    expect(pruned(completed(record, "web"), new Set([first?.id ?? ""])).deployments).toHaveLength(2);
    expect(pruned(completed(record, "web"), new Set([second?.id ?? ""])).deployments).toHaveLength(1);
  });

  it("makes a new deployment for what tasks are made from, not for their number", () => {
    const deployment = newDeployment(spec, []);
    expect(differs({ ...spec, desiredCount: 5, tags: { a: "b" }, minimumHealthyPercent: 0 }, deployment)).toBe(false);
    expect(differs({ ...spec, taskDefinition: "web:2" }, deployment)).toBe(true);
    expect(
      differs({ ...spec, loadBalancers: [{ targetGroupArn: "t", containerName: "c", containerPort: 1 }] }, deployment),
    ).toBe(true);
  });
});
