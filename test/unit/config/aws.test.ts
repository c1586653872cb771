import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Config } from "../../../config.ts";
import { type KeyPair, keyPair } from "../../support/keyPair.ts";
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

describe("a certificate of one's own", () => {
  let pair: KeyPair;
  let other: KeyPair;
  beforeAll(async () => {
    [pair, other] = await Promise.all([keyPair(), keyPair()]);
  });
  afterEach(() => vi.restoreAllMocks());

  const withPair = (certificate: string, key: string, secretKeys = ["retrofit:certificateKey"]) =>
    read({ ...stack, "retrofit:certificate": certificate, "retrofit:certificateKey": key }, secretKeys);

  it("comes with those of its authorities, and with its key, which is secret", async () => {
    const config = withPair(`${pair.certificate}\n${other.certificate}${other.certificate}`, pair.key);
    const one = other.certificate.trim();
    expect(config).toMatchObject({ aws: { certificate: { body: pair.certificate.trim(), chain: `${one}\n${one}` } } });
    const { certificate } = (config as Config & { target: "aws" }).aws;
    const privateKey = pulumi.output((certificate as { privateKey: pulumi.Input<string> }).privateKey);
    expect(await pulumi.isSecret(privateKey)).toBe(true);
    expect(await new Promise((resolve) => privateKey.apply(resolve))).toBe(pair.key);
  });

  it("may be previewed with something in the key's place, as of a pull request", () => {
    vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
    expect(withPair(pair.certificate, "placeholder")).toMatchObject({ target: "aws" });
  });

  it("is refused where it cannot be used, and a key that can be read", () => {
    const refused = (act: () => unknown, ...problems: string[]) =>
      expect(act).toThrow(problems.map((problem) => `Pulumi.test.yaml: retrofit:${problem}`).join("\n"));
    const key = { ...stack, "retrofit:certificateKey": pair.key };
    refused(
      () => read({ ...stack, "retrofit:certificate": pair.certificate }),
      "certificateKey: the certificate has no key. Set it: pulumi config set --secret retrofit:certificateKey < key.pem.",
    );
    refused(
      () => read(key),
      "certificateKey: the key is kept in plain text. Change it, and set it by: pulumi config set --secret retrofit:certificateKey.",
      "certificate: the key has no certificate. Set it: pulumi config set retrofit:certificate < certificate.pem.",
    );
    refused(
      () => withPair(pair.key, pair.key),
      "certificate: this is no certificate in PEM. Give what begins with -----BEGIN CERTIFICATE-----, the certificates of its authorities after it.",
    );
    refused(
      () => withPair(pair.certificate, "no key"),
      "certificateKey: this is no private key in PEM, or has a passphrase. Give it without one.",
    );
    refused(
      () => withPair(pair.certificate, other.key),
      "certificateKey: this is another certificate's key. Give this one's.",
    );
    vi.spyOn(Date, "now").mockReturnValue(Date.parse("2126-01-01"));
    refused(() => withPair(pair.certificate, pair.key), "certificate: it was valid until ");
  });

  it("is not taken beside one of Certificate Manager", () => {
    const arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
    const own = { "retrofit:certificate": pair.certificate, "retrofit:certificateKey": pair.key };
    expect(() => read({ ...stack, ...own, "retrofit:certificateArn": arn }, ["retrofit:certificateKey"])).toThrow(
      "Pulumi.test.yaml: retrofit:certificateArn: retrofit:certificate is one, too. Keep one of the two.",
    );
  });
});
