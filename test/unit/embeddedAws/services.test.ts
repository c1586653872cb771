import { beforeEach, describe, expect, it } from "vitest";
import { specOf } from "../../../embedded/aws/ecs/spec.ts";
import { types } from "../../../embedded/aws/types.ts";
import type { Observed } from "../../../embedded/core/handler.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { arnPrefix } from "./sampleCloud.ts";
import { type SampleService, sampleService } from "./sampleService.ts";

let sample: SampleService["sample"];
let network: SampleService["network"];
let cluster: Observed;
let definition: Observed;
let inputs: SampleService["inputs"];
let create: SampleService["create"];

beforeEach(async () => {
  ({ sample, network, cluster, definition, inputs, create } = await sampleService());
});

/** A target group with a listener in front. */
async function balanced(targetType = "ip"): Promise<Observed> {
  const group = await sample.create("lb/targetGroup", {
    name: "web",
    port: 80,
    protocol: "HTTP",
    vpcId: network.vpc.id,
    targetType,
  });
  const balancer = await sample.create("lb/loadBalancer", {
    name: "shop",
    subnets: network.subnets.map(({ id }) => id),
  });
  await sample.create("lb/listener", {
    loadBalancerArn: balancer.id,
    port: 80,
    defaultActions: [{ type: "forward", targetGroupArn: group.id }],
  });
  return group;
}

describe("a service", () => {
  it("has ECS's ARN, and is what the runtime is told", async () => {
    const group = await balanced();
    const made = await create({
      loadBalancers: [{ targetGroupArn: group.id, containerName: "web", containerPort: 80 }],
      deploymentCircuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriodSeconds: 30,
      propagateTags: "SERVICE",
      tags: { release: "1" },
    });
    expect(made.id).toBe(`${arnPrefix("ecs")}service/shop/web`);
    expect(sample.runtime.told).toContain("service web changed");
    expect(sample.runtime.surroundings.service(made.id)).toEqual({
      serviceArn: made.id,
      serviceName: "web",
      clusterArn: cluster.id,
      taskDefinition: definition.outputs.arn,
      desiredCount: 2,
      launchType: "FARGATE",
      platformVersion: "LATEST",
      network: {
        subnets: network.subnets.map(({ id }) => id),
        securityGroups: [network.group.id],
        assignPublicIp: true,
      },
      loadBalancers: [{ targetGroupArn: group.id, containerName: "web", containerPort: 80 }],
      healthCheckGracePeriod: 30,
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: true,
      propagateTags: "SERVICE",
      tags: { release: "1" },
      createdAt: expect.any(Number),
    });
  });

  it("may name its definition and its cluster shortly", async () => {
    const made = await create({ taskDefinition: "web:1", cluster: "shop" });
    expect(made.outputs).toMatchObject({ taskDefinition: "web:1", cluster: cluster.id });
    expect(specOf(made.outputs).taskDefinition).toBe(definition.outputs.arn);
    expect((await sample.imported("ecs/service", "shop/web"))?.id).toBe(made.id);
  });

  it.each<[string, () => PlainMap, string]>([
    [
      "a cluster that is not there",
      () => ({ cluster: "no" }),
      "api error ClusterNotFoundException: Cluster not found.",
    ],
    ["a definition that is not there", () => ({ taskDefinition: "no:1" }), "Unable to describe task definition."],
    [
      "no network",
      () => ({ networkConfiguration: null }),
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      "a subnet that is not there",
      () => ({ networkConfiguration: { subnets: ["subnet-1"] } }),
      "The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
    ],
    [
      "a group that is not there",
      () => ({ networkConfiguration: { subnets: [network.subnets[0].id], securityGroups: ["sg-1"] } }),
      "The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)",
    ],
    [
      "a target group that is not there",
      () => ({ loadBalancers: [{ targetGroupArn: "arn:aws:x", containerName: "web", containerPort: 80 }] }),
      "The specified target group does not exist",
    ],
    [
      "a grace period without a load balancer",
      () => ({ healthCheckGracePeriodSeconds: 5 }),
      "only valid for services configured to use load balancers",
    ],
    [
      "percentages that block it",
      () => ({ deploymentMaximumPercent: 100 }),
      "cannot be 100 as this will block deployments",
    ],
    ["an old platform", () => ({ platformVersion: "1.3.0" }), "The platform version could not be resolved."],
  ])("is refused with %s", async (_, more, message) => {
    await expect(create(more())).rejects.toThrow(message);
  });

  it("is refused with a definition that fits not", async () => {
    const ec2 = await sample.create("ecs/taskDefinition", {
      family: "ec2",
      containerDefinitions: '[{"name":"a","image":"b","memory":64}]',
    });
    await expect(create({ taskDefinition: ec2.outputs.arn as string })).rejects.toThrow(
      "Task definition does not support launch_type FARGATE.",
    );
    const machine = { taskDefinition: ec2.outputs.arn as string, launchType: "EC2" };
    await expect(create(machine)).rejects.toThrow(
      "Network Configuration is not valid for the given networkMode of this task definition.",
    );
    await sample.delete("ecs/taskDefinition", definition);
    await expect(create()).rejects.toThrow("TaskDefinition is inactive");
  });

  it("is refused with a load balancer that does not fit", async () => {
    const group = await sample.create("lb/targetGroup", {
      name: "web",
      port: 80,
      protocol: "HTTP",
      vpcId: network.vpc.id,
      targetType: "ip",
    });
    const to = (containerName: string, containerPort: number, targetGroupArn = group.id) => ({
      loadBalancers: [{ targetGroupArn, containerName, containerPort }],
    });
    await expect(create(to("web", 80))).rejects.toThrow("does not have an associated load balancer.");
    await sample.delete("lb/targetGroup", group);
    const { id } = await balanced();
    await expect(create(to("api", 80, id))).rejects.toThrow("The container api does not exist in the task definition.");
    await expect(create(to("web", 81, id))).rejects.toThrow(
      "The container web did not have a container port 81 defined.",
    );
  });

  it("is refused with targets that are machines, where tasks have addresses", async () => {
    const { id } = await balanced("instance");
    await expect(
      create({ loadBalancers: [{ targetGroupArn: id, containerName: "web", containerPort: 80 }] }),
    ).rejects.toThrow("has target type instance, which is incompatible with the awsvpc network mode");
  });

  it("is there once", async () => {
    await create();
    await expect(create()).rejects.toThrow("InvalidParameterException: Creation of service was not idempotent.");
  });

  it("takes changes, and goes on with a definition that is inactive by now", async () => {
    const made = await create();
    await sample.delete("ecs/taskDefinition", definition);
    await sample.update("ecs/service", made, inputs({ desiredCount: 3 }));
    expect(sample.runtime.surroundings.service(made.id)?.desiredCount).toBe(3);
    await sample.update("ecs/service", made, inputs({ desiredCount: 3, forceNewDeployment: true }));
    expect(sample.runtime.told.at(-1)).toBe("service web changed, forced");
    const next = await sample.definition();
    await sample.update("ecs/service", made, inputs({ taskDefinition: next.outputs.arn as string }));
    expect(sample.runtime.surroundings.service(made.id)?.taskDefinition).toBe(next.outputs.arn);
  });

  it("shows after a rollback the definition that it went back to, as drift", async () => {
    const made = await create({ taskDefinition: "web:1" });
    const next = await sample.definition();
    const now = inputs({ taskDefinition: "web:2" });
    await sample.update("ecs/service", made, now);
    expect((await sample.read("ecs/service", made, now))?.drift).toEqual({});
    sample.runtime.surroundings.rolledBack(made.id, definition.outputs.arn as string);
    expect((await sample.read("ecs/service", made, now))?.drift).toEqual({ taskDefinition: "web:1" });
    expect(sample.runtime.surroundings.service(made.id)?.taskDefinition).toBe(definition.outputs.arn);
    expect(next.outputs.revision).toBe(2);
  });

  it("is waited for, where that is asked for", async () => {
    const arn = `${arnPrefix("ecs")}service/shop/web`;
    const deployment = { id: "ecs-svc/1", status: "PRIMARY", rolloutState: "IN_PROGRESS" } as never;
    sample.runtime.statuses.set(arn, {
      status: "ACTIVE",
      runningCount: 0,
      pendingCount: 2,
      deployments: [deployment],
      events: [],
    });
    let settled = false;
    const creation = create({ waitForSteadyState: true }).then(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(settled).toBe(false);
    const done = { id: "ecs-svc/1", status: "PRIMARY", rolloutState: "COMPLETED" } as never;
    sample.runtime.statuses.set(arn, {
      status: "ACTIVE",
      runningCount: 2,
      pendingCount: 0,
      deployments: [done],
      events: [],
    });
    await creation;
  });

  it("keeps its cluster, namespace, subnet and group from being deleted, and stops its tasks first", async () => {
    const namespace = await sample.create("servicediscovery/httpNamespace", { name: "shop" });
    const made = await create({
      serviceConnectConfiguration: { enabled: true, namespace: namespace.outputs.arn as string },
    });
    for (const [type, each] of [
      ["ecs/cluster", cluster],
      ["servicediscovery/httpNamespace", namespace],
      ["ec2/subnet", network.subnets[0]],
      ["ec2/securityGroup", network.group],
      ["ec2/internetGateway", network.gateway],
    ] as const) {
      expect(await sample.undeletable(type, each)).toBe("impatient");
    }
    await sample.delete("ecs/service", made);
    expect(sample.runtime.told.at(-1)).toBe("service web removed");
    expect(sample.cloud.store.get(types.service, made.id)).toBeUndefined();
    await sample.delete("ecs/cluster", cluster);
  });
});
