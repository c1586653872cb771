import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { arn, deployed, digest, inputsOf, kinds, plain } from "./deployed.ts";

describe("Deployment", () => {
  it("uses a network and a cluster that exist, and gives tasks no public address there", async () => {
    const { all } = await deployed(plain, {
      cluster: "shared",
      network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] },
    });
    expect(kinds(all).filter((kind) => /^(Vpc|Subnet|Cluster) /.test(kind))).toEqual([]);
    expect(inputsOf(all, "shop-services-web-service")).toMatchObject({
      name: "shop-test-web",
      cluster: arn("ecs", "cluster/shared"),
      networkConfiguration: { subnets: ["subnet-1", "subnet-2"], assignPublicIp: false },
    });
  });

  it("follows the load of a service that may have several tasks", async () => {
    const { all } = await deployed(plain, { scaling: { web: { min: 2, max: 6, cpu: 50, requests: 1000 } } });
    expect(inputsOf(all, "shop-services-web-service")).toMatchObject({ desiredCount: 2 });
    expect(inputsOf(all, "shop-services-web-scaling-tasks")).toEqual({
      minCapacity: 2,
      maxCapacity: 6,
      resourceId: "service/shop-services-cluster-ecs/web",
      scalableDimension: "ecs:service:DesiredCount",
      serviceNamespace: "ecs",
    });
    expect(inputsOf(all, "shop-services-web-scaling-requests")).toMatchObject({
      policyType: "TargetTrackingScaling",
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 1000,
        predefinedMetricSpecification: {
          predefinedMetricType: "ALBRequestCountPerTarget",
          resourceLabel: "app/shop-services-lb-elb/targetgroup/shop-services-lb-web-5000",
        },
      },
    });
    expect(inputsOf(all, "shop-services-web-scaling-cpu")).toMatchObject({
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 50,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    });
    const { all: fixed } = await deployed(plain, { scaling: { web: { min: 3 } } });
    expect(inputsOf(fixed, "shop-services-web-service")).toMatchObject({ desiredCount: 3 });
    expect(kinds(fixed).filter((kind) => kind.includes("scaling"))).toEqual([]);
  });

  it("tells where it is, and what aws ecs register-task-definition takes", async () => {
    const { deployment } = await deployed(plain, { domain: "shop.example.com", certificate: { arn: "arn:cert" } });
    expect(await plainValue(deployment.url)).toBe("https://shop.example.com/");
    expect(await plainValue(deployment.endpoints)).toEqual({ "web:5000": "https://shop.example.com/" });
    expect(await plainValue(deployment.releases)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{12}$/),
        images: { web: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-test/web@${digest}` },
      },
    ]);
    expect(await plainValue(deployment.taskDefinitions.web as pulumi.Output<unknown>)).toMatchObject({
      family: "shop-test-web",
      taskRoleArn: "arn:aws:iam::123456789012:role/shop-tasks-web-roles-task",
      executionRoleArn: "arn:aws:iam::123456789012:role/shop-tasks-web-roles-execution",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
    });
    await expect(deployment.released()).resolves.toBeUndefined();
  });
});

function plainValue<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
