import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AutoScaling } from "../../../embedded/aws/scaling.ts";
import { types } from "../../../embedded/aws/types.ts";
import type { Observed } from "../../../embedded/core/handler.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { SampleCloud } from "./sampleCloud.ts";

let sample: SampleCloud;
let service: Observed;
let scaling: AutoScaling;
const target = {
  serviceNamespace: "ecs",
  scalableDimension: "ecs:service:DesiredCount",
  resourceId: "service/shop/web",
};

beforeEach(async () => {
  sample = new SampleCloud();
  const { subnets } = await sample.network();
  const cluster = await sample.create("ecs/cluster", { name: "shop" });
  await sample.definition();
  service = await sample.create("ecs/service", {
    name: "web",
    cluster: cluster.id,
    taskDefinition: "web",
    launchType: "FARGATE",
    desiredCount: 2,
    networkConfiguration: { subnets: [subnets[0].id] },
  });
  scaling = new AutoScaling(sample.cloud.store, sample.runtime, () => undefined);
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const count = () => sample.cloud.store.get(types.service, service.id)?.desiredCount;
const bounds = (minCapacity: number, maxCapacity: number) =>
  sample.create("appautoscaling/target", { ...target, minCapacity, maxCapacity });
const tracking = (predefinedMetricType: string, targetValue: number, more: PlainMap = {}) =>
  sample.create("appautoscaling/policy", {
    ...target,
    policyType: "TargetTrackingScaling",
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType },
      targetValue,
      scaleInCooldown: 0,
      scaleOutCooldown: 0,
      ...more,
    },
  });

describe("auto scaling", () => {
  it("has its formats, and is for services that are there", async () => {
    const made = await bounds(1, 4);
    expect(made).toMatchObject({
      id: "service/shop/web",
      outputs: {
        arn: expect.stringMatching(
          /^arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target\/0ec5[0-9a-f]{32}$/,
        ),
      },
    });
    const policy = await tracking("ECSServiceAverageCPUUtilization", 50);
    expect(policy.id).toBe("test-7b54b66");
    expect(policy.outputs.arn).toMatch(
      /^arn:aws:autoscaling:eu-central-1:123456789012:scalingPolicy:[0-9a-f-]{36}:resource\/ecs\/service\/shop\/web:policyName\/test-7b54b66$/,
    );
    const none = sample.create("appautoscaling/target", {
      ...target,
      resourceId: "service/shop/no",
      minCapacity: 1,
      maxCapacity: 2,
    });
    await expect(none).rejects.toThrow("ECS service doesn't exist: service/shop/no");
    await sample.delete("appautoscaling/target", made);
    expect(sample.cloud.store.all(types.scalingPolicy)).toEqual([]);
  });

  it("keeps the count within its bounds", async () => {
    await bounds(3, 4);
    await scaling.look();
    expect(count()).toBe(3);
    expect(sample.runtime.told.at(-1)).toBe("service web changed");
  });

  it("follows its target out and in", async () => {
    await bounds(1, 4);
    await tracking("ECSServiceAverageCPUUtilization", 50);
    await scaling.look();
    expect(count()).toBe(2); // nothing is known yet
    sample.runtime.metrics = { cpu: 90, requestsPerTarget: {} };
    await scaling.look();
    expect(count()).toBe(4);
    pass(60);
    sample.runtime.metrics = { cpu: 48, requestsPerTarget: {} };
    await scaling.look();
    expect(count()).toBe(4);
    pass(60);
    sample.runtime.metrics = { cpu: 10, requestsPerTarget: {} };
    await scaling.look();
    expect(count()).toBe(1);
  });

  it("does not follow a moment's CPU: what counts is a minute", async () => {
    await bounds(1, 4);
    await tracking("ECSServiceAverageCPUUtilization", 50);
    for (const cpu of [10, 10, 10, 100]) {
      sample.runtime.metrics = { cpu, requestsPerTarget: {} };
      await scaling.look();
      pass(5);
    }
    expect(count()).toBe(1);
    sample.runtime.metrics = { cpu: 100, requestsPerTarget: {} };
    await scaling.look();
    pass(45);
    await scaling.look();
    expect(count()).toBe(2);
  });

  it("waits between two changes, and not in when that is disabled", async () => {
    await bounds(1, 9);
    await tracking("ECSServiceAverageMemoryUtilization", 50, { scaleOutCooldown: 60, disableScaleIn: true });
    sample.runtime.metrics = { memory: 100, requestsPerTarget: {} };
    await scaling.look();
    await scaling.look();
    expect(count()).toBe(4);
    pass(60);
    sample.runtime.metrics = { memory: 1, requestsPerTarget: {} };
    await scaling.look();
    expect(count()).toBe(4);
  });

  it("waits for less, and looks at a shorter time, where its minutes pass faster", async () => {
    await bounds(1, 9);
    await tracking("ECSServiceAverageCPUUtilization", 50, { scaleOutCooldown: 60, scaleInCooldown: 300 });
    const asked = vi.spyOn(sample.runtime, "serviceMetrics");
    const counts: unknown[] = [];
    for (const [seconds, cpu] of [
      [0, 100],
      [4, 100],
      [1, 100],
      [24, 1],
      [1, 1],
    ] as const) {
      pass(seconds);
      sample.runtime.metrics = { cpu, requestsPerTarget: {} };
      scaling.speed = 12;
      await scaling.look();
      counts.push(count());
    }
    expect(counts).toEqual([4, 4, 8, 8, 1]);
    expect(asked).toHaveBeenCalledWith(service.id, 5);
  });
});
