import { describe, expect, it } from "vitest";
import { decide, policyProblem, statementsOf } from "../../../embedded/aws/iam/policy.ts";

const policy = (...Statement: object[]) => statementsOf(JSON.stringify({ Version: "2012-10-17", Statement }));
const secret = "arn:aws:secretsmanager:eu-central-1:1:secret:db-AbCdEf";
const read = { action: "secretsmanager:GetSecretValue", resource: secret };

describe("a policy", () => {
  it.each<[string, object, "allowed" | "denied" | "implicitly denied"]>([
    [
      "the action on the resource",
      { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: secret },
      "allowed",
    ],
    ["in any case", { Effect: "Allow", Action: "SecretsManager:getsecretvalue", Resource: secret }, "allowed"],
    [
      "wildcards",
      { Effect: "Allow", Action: ["secretsmanager:Get*"], Resource: "arn:aws:secretsmanager:*:1:secret:db-??????" },
      "allowed",
    ],
    ["everything", { Effect: "Allow", Action: "*", Resource: "*" }, "allowed"],
    ["another resource", { Effect: "Allow", Action: "*", Resource: `${secret}x` }, "implicitly denied"],
    [
      "another action",
      { Effect: "Allow", Action: "secretsmanager:DescribeSecret", Resource: "*" },
      "implicitly denied",
    ],
    ["all actions but some", { Effect: "Allow", NotAction: "iam:*", Resource: "*" }, "allowed"],
    ["all actions but this", { Effect: "Allow", NotAction: "secretsmanager:*", Resource: "*" }, "implicitly denied"],
    ["all resources but this", { Effect: "Allow", Action: "*", NotResource: secret }, "implicitly denied"],
    ["a denial", { Effect: "Deny", Action: "*", Resource: "*" }, "denied"],
    [
      "a condition that does not hold",
      { Effect: "Allow", Action: "*", Resource: "*", Condition: { StringEquals: { "aws:SourceAccount": "2" } } },
      "implicitly denied",
    ],
    [
      "a condition on what is not known",
      { Effect: "Allow", Action: "*", Resource: "*", Condition: { StringEquals: { "aws:None": "2" } } },
      "implicitly denied",
    ],
    [
      "one on what is not known, if it exists",
      { Effect: "Allow", Action: "*", Resource: "*", Condition: { StringEqualsIfExists: { "aws:None": "2" } } },
      "allowed",
    ],
    [
      "a condition that holds",
      { Effect: "Allow", Action: "*", Resource: "*", Condition: { ArnLike: { "aws:sourcearn": "arn:aws:ecs:*:1:*" } } },
      "allowed",
    ],
    [
      "a negative condition on each of two",
      {
        Effect: "Allow",
        Action: "*",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:SourceAccount": ["1", "2"] } },
      },
      "implicitly denied",
    ],
  ])("that says %s", (_, statement, decision) => {
    const context = { "aws:SourceAccount": "1", "aws:SourceArn": "arn:aws:ecs:eu-central-1:1:task/any" };
    expect(decide(policy(statement), { ...read, context })).toBe(decision);
  });

  it("denies what one statement denies, whatever others allow", () => {
    const all = { Effect: "Allow", Action: "*", Resource: "*" };
    expect(decide(policy(all, { ...all, Effect: "Deny", Resource: secret }), read)).toBe("denied");
  });

  it.each([
    ["no object", [], "an object with Version and Statement"],
    ["another version", { Version: "2020-01-01", Statement: [] }, 'not "2020-01-01"'],
    ["no statement", { Version: "2012-10-17", Statement: [] }, "at least one Statement"],
    ["no effect", { Version: "2012-10-17", Statement: { Action: "*" } }, 'Effect must be "Allow" or "Deny"'],
    ["no action", { Version: "2012-10-17", Statement: { Effect: "Allow" } }, "a Statement needs an Action"],
    [
      "a mistyped key",
      { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resources: "*" } },
      "a Statement has no Resources",
    ],
    [
      "an action of no service",
      { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "GetSecretValue" } },
      '"GetSecretValue" is no action',
    ],
    [
      "a condition that is not imitated",
      { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Condition: { IpAddress: {} } } },
      "the condition IpAddress is not imitated here",
    ],
  ])("is none with %s", (_, document, problem) => expect(policyProblem(document)).toContain(problem));
});
