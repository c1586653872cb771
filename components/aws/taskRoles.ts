import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { distinctName } from "../names.ts";
import type { Place } from "./place.ts";
import { assumedBy, type Grant, policyOf, policyResource } from "./policy.ts";

export interface TaskRolesArgs extends Place {
  /** ARNs of the repositories that its images lie in. */
  repositories: readonly pulumi.Input<string>[];
  /** ARN of the streams of the group that it logs to. */
  logStreams: pulumi.Input<string>;
  /** ARNs of the secrets that its containers are given. */
  secrets: readonly pulumi.Input<string>[];
  /** What its containers themselves may do, such as mounting a file system. */
  grants: readonly Grant[];
}

/**
 * Whom one task definition is for AWS: the execution role, by which ECS prepares its containers and which they never have, and
 * the task role, which is theirs.
 */
export class TaskRoles extends pulumi.ComponentResource {
  readonly executionRoleArn: pulumi.Output<string>;
  readonly taskRoleArn: pulumi.Output<string>;
  /** Rights that must be there before a task starts. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: TaskRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:TaskRoles", name, {}, opts);
    const { grants } = args;

    const assumeRolePolicy = assumedBy("ecs-tasks.amazonaws.com", args, ["ecs", "*"]);
    // Named here, because a name of Pulumi's would be too long for many an app. Roles are the same in every region.
    const role = (suffix: string) =>
      new Role(
        `${name}-${suffix}`,
        { name: distinctName(`${name}-${suffix}-${pulumi.getStack()}-${args.region}`, 64), assumeRolePolicy },
        { parent: this },
      );
    const execution = role("execution");
    const task = role("task");

    this.executionRoleArn = execution.arn;
    this.taskRoleArn = task.arn;
    this.ready = [
      new RolePolicy(
        policyResource(`${name}-execution-policy`),
        { role: execution.name, policy: policyOf(executionGrants(args)) },
        { parent: this },
      ),
      ...(grants.length === 0
        ? []
        : [
            new RolePolicy(
              policyResource(`${name}-task-policy`),
              { role: task.name, policy: policyOf(grants) },
              { parent: this },
            ),
          ]),
    ];
    this.registerOutputs({ executionRoleArn: this.executionRoleArn, taskRoleArn: this.taskRoleArn });
  }
}

/** What ECS does for a task before its containers are there. */
export function executionGrants({
  repositories,
  logStreams,
  secrets,
}: Pick<TaskRolesArgs, "repositories" | "logStreams" | "secrets">): Grant[] {
  const grants: Grant[] = [{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [logStreams] }];
  if (repositories.length > 0) {
    grants.push(
      // Takes no resource: it says who one is, and gives no right to any image.
      { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
      {
        actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        resources: repositories,
      },
    );
  }
  if (secrets.length > 0) grants.push({ actions: ["secretsmanager:GetSecretValue"], resources: secrets });
  return grants;
}
