import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsClient } from "../../embedded/aws/client.ts";
import { account, region } from "../support/awsProgram.ts";
import { ProviderStack } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";

describe("the aws provider server", () => {
  let stack: ProviderStack;

  beforeAll(async () => {
    stack = await ProviderStack.create("", "aws");
    await stack.config("aws:region", region);
    await stack.config("--path", "aws:allowedAccountIds[0]", account);
  });
  afterAll(async () => {
    await stack.program("");
    await stack.up();
    const client = awsClient(join(stack.folder, "embedded", "aws"));
    await eventually(async () => expect(client.isRunning()).toBe(false));
    await stack.remove();
  });

  it.each([
    [
      "an unknown property",
      'new aws.ecs.Cluster("c", { settings: [{ name: "containerInsights", valeu: "enabled" }] });',
      "settings[0].valeu is no property here",
    ],
    ["what is not imitated", 'new aws.s3.Bucket("b", { acl: "private" });', "the embedded cloud does not imitate it"],
    ["a type that it does not have", 'new aws.sqs.Queue("q");', "aws:sqs/queue:Queue is not implemented"],
    [
      "what Fargate cannot do",
      'new aws.ecs.TaskDefinition("t", { family: "t", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "4096", containerDefinitions: JSON.stringify([{ name: "a", image: "b" }]) });',
      "api error ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory.",
    ],
    [
      "a container's unknown field",
      'new aws.ecs.TaskDefinition("t", { family: "t", containerDefinitions: JSON.stringify([{ name: "a", imgae: "b" }]) });',
      "container_definitions is invalid: containerDefinitions[0].imgae is unknown",
    ],
    [
      "a trust policy that is none",
      'new aws.iam.Role("r", { assumeRolePolicy: "{}" });',
      "assumeRolePolicy must be a policy document",
    ],
    [
      "a group of another VPC",
      'const v = new aws.ec2.Vpc("v", { cidrBlock: "10.1.0.0/16" }); const w = new aws.ec2.Vpc("w", { cidrBlock: "10.0.0.0/16" }); const group = new aws.ec2.SecurityGroup("other", { vpcId: w.id }); const g = new aws.ec2.SecurityGroup("g", { vpcId: v.id }); new aws.vpc.SecurityGroupIngressRule("r", { securityGroupId: g.id, referencedSecurityGroupId: group.id, ipProtocol: "-1" });',
      "does not belong to VPC",
    ],
  ])("refuses %s", async (_, program, message) => {
    await stack.program(program);
    const up = await stack.up("--continue-on-error");
    expect(up.ok).toBe(false);
    expect(up.messages).toContain(message);
  });
});
