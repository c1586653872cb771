import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import * as pulumi from "@pulumi/pulumi";

export interface LogGroupsArgs {
  /** Path in front of each group: `/retrofit/shop-dev`. */
  path: string;
  /** What logs, one group each. */
  tasks: readonly string[];
  /** Days that a line is kept; one of those that CloudWatch offers. @default 30 */
  retentionDays?: number;
}

/** What the containers print, one log group a task definition, for a limited time. */
export class LogGroups extends pulumi.ComponentResource {
  /** Names of the groups, by task. */
  readonly names: Readonly<Record<string, pulumi.Output<string>>>;
  readonly arns: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: LogGroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { path, tasks, retentionDays = 30 } = args;
    super("retrofit:aws:LogGroups", name, { path, retentionDays }, opts);
    const groups = tasks.map((task) => ({
      task,
      group: new LogGroup(
        `${name}-${task}`,
        { name: `${path}/${task}`, retentionInDays: retentionDays },
        { parent: this },
      ),
    }));
    this.names = Object.fromEntries(groups.map(({ task, group }) => [task, group.name]));
    this.arns = Object.fromEntries(groups.map(({ task, group }) => [task, group.arn]));
    this.registerOutputs({ names: this.names });
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const retentionChoices: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
