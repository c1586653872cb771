import * as pulumi from "@pulumi/pulumi";
import { fittingName } from "../names.ts";
import { arnOf, type Place } from "./place.ts";

/** A statement that allows something. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
  /** By operator, then by key. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
}

/** A policy document as IAM takes it. */
export function policyOf(grants: readonly Grant[]): pulumi.Output<string> {
  return pulumi.jsonStringify(documentOf(grants));
}

export function documentOf(grants: readonly Grant[]) {
  return {
    Version: "2012-10-17",
    Statement: grants.map(({ actions, resources, condition }) => ({
      Effect: "Allow",
      Action: [...actions],
      Resource: [...resources],
      ...(condition && { Condition: condition }),
    })),
  };
}

/** The resource that a role's policy is: Pulumi adds eight characters to its name, and IAM takes 128. */
export function policyResource(text: string): string {
  return fittingName(text, /^[\w+=,.@-]+$/, 120);
}

/**
 * Lets a service of AWS take a role on, for this account's resources only: another's could have it act for them otherwise,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
 *
 * @param source service and resource of the ARNs for which it may: `["ecs", "*"]`
 */
export function assumedBy(service: string, place: Place, [owner, resource]: readonly [string, string]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": place.account },
          ArnLike: { "aws:SourceArn": arnOf(owner, place, resource) },
        },
      },
    ],
  });
}
