import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { distinctName } from "../names.ts";
import type { Place } from "./place.ts";
import { assumedBy, type Grant, policyOf } from "./policy.ts";

export interface TaskRolesArgs extends Place {
  /** ARNs of the repositories that its images lie in. */
  repositories: readonly pulumi.Input<string>[];
  /** ARN of the group that it logs to. */
  logGroup: pulumi.Input<string>;
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
    const { repositories, logGroup, secrets, grants } = args;

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
    const executionGrants: Grant[] = [
      { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${logGroup}:*`] },
    ];
    if (repositories.length > 0) {
      executionGrants.push(
        // Takes no resource: it says who one is, and gives no right to any image.
        { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
        {
          actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          resources: repositories,
        },
      );
    }
    if (secrets.length > 0) executionGrants.push({ actions: ["secretsmanager:GetSecretValue"], resources: secrets });

    this.executionRoleArn = execution.arn;
    this.taskRoleArn = task.arn;
    this.ready = [
      new RolePolicy(
        `${name}-execution-policy`,
        { role: execution.name, policy: policyOf(executionGrants) },
        { parent: this },
      ),
      ...(grants.length === 0
        ? []
        : [new RolePolicy(`${name}-task-policy`, { role: task.name, policy: policyOf(grants) }, { parent: this })]),
    ];
    this.registerOutputs({ executionRoleArn: this.executionRoleArn, taskRoleArn: this.taskRoleArn });
  }
}
