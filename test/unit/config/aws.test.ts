import { describe, expect, it } from "vitest";
import { read } from "./stack.ts";

const stack = {
  "retrofit:app": "docker-example",
  "retrofit:target": "aws",
  "aws:region": "eu-central-1",
  "aws:allowedAccountIds": '["123456789012"]',
};

describe("a stack for AWS", () => {
  it("runs on Fargate in a network of its own where nothing is said", () => {
    expect(read(stack)).toMatchObject({
      target: "aws",
      aws: {
        region: "eu-central-1",
        account: "123456789012",
        launchType: "fargate",
        cluster: undefined,
        network: undefined,
        zones: undefined,
        certificate: undefined,
        scaling: {},
        buckets: "s3files",
        logRetentionDays: 30,
      },
    });
  });

  it("takes what exists, and how services are scaled", () => {
    const values = {
      ...stack,
      "aws:allowedAccountIds": "[12345678901]",
      "retrofit:launchType": "ec2",
      "retrofit:cluster": "shared",
      "retrofit:vpcId": "vpc-1",
      "retrofit:subnetIds": '["subnet-1","subnet-2"]',
      "retrofit:machinesGroupId": "sg-1",
      "retrofit:certificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
      "retrofit:scaling": '{"web":{"min":1,"max":3,"requests":500}}',
    };
    expect(read(values)).toMatchObject({
      aws: {
        account: "012345678901",
        launchType: "ec2",
        cluster: "shared",
        network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], publicIp: false, machinesGroupId: "sg-1" },
        certificate: { arn: "arn:aws:acm:eu-central-1:123456789012:certificate/1" },
        scaling: { web: { min: 1, max: 3, requests: 500 } },
      },
    });
  });

  it("shows all that is wrong at once", () => {
    const values = {
      "retrofit:app": "docker-example",
      "retrofit:target": "aws",
      "aws:allowedAccountIds": '["shop"]',
      "retrofit:vpcId": "vpc-1",
      "retrofit:launchType": "lambda",
      "retrofit:certificateArn": "shop.example",
      "retrofit:scaling": '{"web":{"most":3}}',
    };
    expect(() => read(values)).toThrow(
      [
        "Pulumi.test.yaml: retrofit:subnetIds: a network is named by its VPC and its subnets. Give both keys, or none of them.",
        'Pulumi.test.yaml: retrofit:certificateArn: "shop.example" is no certificate\'s. Give one such as arn:aws:acm:....',
        "Pulumi.test.yaml: aws:region: no region is named. Set it: pulumi config set aws:region REGION.",
        "Pulumi.test.yaml: aws:allowedAccountIds: \"shop\" is no account. Give its twelve digits: pulumi config set --path 'aws:allowedAccountIds[0]' ACCOUNT.",
        'Pulumi.test.yaml: retrofit:launchType: "lambda" is none of them. Give one of: fargate, ec2.',
        "Pulumi.test.yaml: retrofit:scaling.web: this is not an object of min, max, cpu, requests with whole numbers above 0. Set one: pulumi config set --path 'retrofit:scaling.web.max' 3.",
      ].join("\n"),
    );
  });
});
