import { AwsError } from "../apiError.ts";
import { types } from "../types.ts";
import { arnOf, common } from "./common.ts";
import type { Kind } from "./kind.ts";

export const logGroup: Kind = {
  type: types.logGroup,
  api: "CloudWatch Logs",
  noun: "Log Group",
  id: ({ name }) => name as string,
  outputs: (inputs, scope) => ({
    logGroupClass: "STANDARD",
    deletionProtectionEnabled: false,
    kmsKeyId: "",
    ...common(inputs, scope),
    arn: arnOf("logs", inputs, scope, `log-group:${inputs.name}`),
  }),
  async deleting(id, { deletionProtectionEnabled }) {
    if (deletionProtectionEnabled !== true) return;
    throw new AwsError(
      "ValidationException",
      `The log group ${id} cannot be deleted while deletion protection is enabled.`,
    );
  },
  async deleted(id, _outputs, { cloud }) {
    cloud.runtime.logs.remove(id);
  },
};
