import type { PlainMap } from "../core/value.ts";
import { mayRole, notAuthorized } from "./iam/roles.ts";
import { arn, type Home } from "./names.ts";
import { type LogTarget, TaskFailure } from "./runtime/model.ts";
import type { Store } from "./store.ts";
import { types } from "./types.ts";

/** As whom logs are written. */
export interface Writer extends Home {
  /** Absent on a machine of one's own: its own role may write. */
  readonly executionRoleArn?: string;
  readonly session: string;
}

/**
 * Where the options of an `awslogs` configuration say that logs go.
 * @throws {TaskFailure} as ECS words it
 */
export function logTargetOf(store: Store, options: Readonly<Record<string, string>>, writer: Writer): LogTarget {
  const group = options["awslogs-group"] ?? "";
  const region = options["awslogs-region"] ?? writer.region;
  if (region !== writer.region)
    throw failure(`no log group ${group} in ${region}: the embedded cloud writes logs to the task's own region only`);
  const groupArn = arn("logs", { region, account: writer.account }, `log-group:${group}`);
  if (!store.get(types.logGroup, group)) {
    if (options["awslogs-create-group"] !== "true") {
      throw failure(
        "failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, https response error StatusCode: 400, ResourceNotFoundException: The specified log group does not exist.",
      );
    }
    authorize(store, writer, "logs:CreateLogGroup", `${groupArn}:log-stream:`);
    store.put(types.logGroup, group, newGroup(group, groupArn, region));
  }
  for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"])
    authorize(store, writer, action, `${groupArn}:log-stream:any`);
  const prefix = options["awslogs-stream-prefix"];
  const format = options["awslogs-datetime-format"];
  const pattern = options["awslogs-multiline-pattern"];
  return {
    logGroupName: group,
    ...(prefix ? { streamPrefix: prefix } : {}),
    ...(format ? { datetimeFormat: format } : {}),
    ...(pattern ? { multilinePattern: pattern } : {}),
  };
}

/** A group that no program has made, as `awslogs-create-group` does. */
function newGroup(name: string, groupArn: string, region: string): PlainMap {
  return {
    name,
    arn: groupArn,
    region,
    retentionInDays: 0,
    logGroupClass: "STANDARD",
    deletionProtectionEnabled: false,
    kmsKeyId: "",
    skipDestroy: false,
    tagsAll: {},
  };
}

function authorize(store: Store, { executionRoleArn, session }: Writer, action: string, resource: string): void {
  if (executionRoleArn === undefined) return;
  const question = { action, resource };
  const decision = mayRole(store, executionRoleArn, question);
  if (decision === "allowed") return;
  throw failure(
    `failed to create Cloudwatch log stream: AccessDeniedException: ${notAuthorized(executionRoleArn, session, question, decision)} status code: 400`,
  );
}

function failure(why: string): TaskFailure {
  return new TaskFailure(
    `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ${why} : exit status 1`,
  );
}
