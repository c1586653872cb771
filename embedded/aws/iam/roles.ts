import type { PlainMap } from "../../core/value.ts";
import { baseName, parseArn } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { managedPolicy } from "./managedPolicies.ts";
import { type Decision, decide, type Question, type Statement, statementsOf } from "./policy.ts";

/** The role of an ARN; undefined where there is none. */
export function roleOf(store: Store, roleArn: string): PlainMap | undefined {
  const role = store.get(types.role, baseName(roleArn));
  return role?.arn === roleArn ? role : undefined;
}

/** Everything that a role's policies say. */
function statementsOfRole(store: Store, role: PlainMap): Statement[] {
  const name = role.name as string;
  const own = store.all(types.rolePolicy).filter(([, policy]) => policy.role === name);
  const attached = store.all(types.rolePolicyAttachment).filter(([, attachment]) => attachment.role === name);
  const inline = (role.inlinePolicies ?? []) as PlainMap[];
  const arns = [
    ...attached.map(([, { policyArn }]) => policyArn as string),
    ...((role.managedPolicyArns ?? []) as string[]),
  ];
  const texts = [
    ...own.map(([, { policy }]) => policy as string),
    ...inline.flatMap(({ policy }) => (policy === undefined ? [] : [policy as string])),
    ...arns.flatMap((each) => managedPolicy(each) ?? []),
  ];
  return texts.flatMap(statementsOf);
}

/** Whether a role may do something. A role that is not there may nothing. */
export function mayRole(store: Store, roleArn: string, question: Question): Decision {
  const role = roleOf(store, roleArn);
  return role === undefined ? "implicitly denied" : decide(statementsOfRole(store, role), question);
}

/**
 * Whether a service of AWS may take a role on, by the role's trust policy.
 * @param source ARN of what it would do so for
 */
export function mayAssume(store: Store, roleArn: string, service: string, source: string): boolean {
  const role = roleOf(store, roleArn);
  if (role === undefined) return false;
  const context = { "aws:SourceArn": source, "aws:SourceAccount": parseArn(source)?.account ?? "" };
  const question = { action: "sts:AssumeRole", resource: "*", principal: `Service:${service}`, context };
  return decide(statementsOf(role.assumeRolePolicy as string), question) === "allowed";
}

/** What AWS says to a role that may not. @param session name of the role's session */
export function notAuthorized(
  roleArn: string,
  session: string,
  { action, resource }: Question,
  decision: Decision,
): string {
  const account = parseArn(roleArn)?.account ?? "";
  const user = `arn:aws:sts::${account}:assumed-role/${baseName(roleArn)}/${session}`;
  const why =
    decision === "denied"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}
