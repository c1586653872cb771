import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { managedPolicy } from "../iam/managedPolicies.ts";
import { statementsOf } from "../iam/policy.ts";
import { hex, letters, timestamp } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { common } from "./common.ts";
import type { Kind } from "./kind.ts";

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const role: Kind = {
  type: types.role,
  api: "IAM",
  noun: "Role",
  id: ({ name }) => name as string,
  outputs(inputs, scope, before) {
    const { region: _global, ...rest } = common(inputs, scope);
    const path = (inputs.path ?? "/") as string;
    if (!/^\/(.*\/)?$/.test(path))
      throw new AwsError("ValidationError", "The specified value for path is invalid. It must begin and end with /.");
    const trust = statementsOf(inputs.assumeRolePolicy as string);
    if (trust.some(({ resources }) => resources.length > 0)) throw malformed("Has prohibited field Resource");
    if (trust.some(({ principals }) => principals.length === 0)) throw malformed("Missing required field Principal");
    for (const each of (inputs.managedPolicyArns ?? []) as string[]) checkManaged(each);
    return {
      ...rest,
      arn: `arn:aws:iam::${scope.place.account}:role${path}${inputs.name}`,
      createDate: before?.createDate ?? timestamp(),
      uniqueId: before?.uniqueId ?? `AROA${letters(17, upper)}`,
    };
  },
  async deleting(id, { forceDetachPolicies }, { cloud: { store } }) {
    if (forceDetachPolicies === true) return;
    if (policiesOf(store, types.rolePolicyAttachment, id).length > 0) throw conflict("must detach all policies first");
    if (policiesOf(store, types.rolePolicy, id).length > 0) throw conflict("must delete policies first");
  },
};

export const rolePolicy: Kind = {
  type: types.rolePolicy,
  api: "IAM",
  noun: "Role Policy",
  operations: { creating: "PutRolePolicy", updating: "PutRolePolicy" },
  id: ({ role: owner, name }) => `${owner}:${name}`,
  outputs(inputs, { cloud }) {
    checkRole(cloud.store, inputs.role as string);
    const statements = statementsOf(inputs.policy as string);
    if (statements.some(({ resources, notResources }) => resources.length + notResources.length === 0)) {
      throw malformed("Policy statement must contain resources.");
    }
    if (statements.some(({ principals }) => principals.length > 0))
      throw malformed("Policy document should not specify a principal.");
    return inputs;
  },
};

export const rolePolicyAttachment: Kind = {
  type: types.rolePolicyAttachment,
  api: "IAM",
  noun: "Role Policy Attachment",
  operations: { creating: "AttachRolePolicy", deleting: "DetachRolePolicy" },
  id: ({ id }) => id as string,
  key: ({ role: owner, policyArn }) => `${owner}/${policyArn}`,
  outputs(inputs, { cloud }, before) {
    checkRole(cloud.store, inputs.role as string);
    checkManaged(inputs.policyArn as string);
    const moment = new Date().toISOString().replace(/\D/g, "");
    return { ...inputs, id: before?.id ?? `${inputs.role}-${moment}${hex(9)}` };
  },
};

function policiesOf(store: Store, type: string, name: string): PlainMap[] {
  return store.all(type).flatMap(([, policy]) => (policy.role === name ? [policy] : []));
}

function checkRole(store: Store, name: string): void {
  if (store.get(types.role, name)) return;
  throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
}

function checkManaged(policyArn: string): void {
  if (managedPolicy(policyArn) !== undefined) return;
  throw new AwsError("NoSuchEntity", `Policy ${policyArn} does not exist or is not attachable.`, 404);
}

function malformed(message: string): AwsError {
  return new AwsError("MalformedPolicyDocument", message);
}

function conflict(what: string): AwsError {
  return new AwsError("DeleteConflict", `Cannot delete entity, ${what}.`, 409);
}
