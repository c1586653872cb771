import type { PlainMap } from "../core/value.ts";
import type { Vault } from "../daemon/vault.ts";
import { mayRole, notAuthorized } from "./iam/roles.ts";
import { arnOfSecret } from "./resources/secret.ts";
import { TaskFailure } from "./runtime/model.ts";
import type { Store } from "./store.ts";
import { types } from "./types.ts";

/** As whom a secret is read. */
export interface Reader {
  readonly executionRoleArn: string | undefined;
  /** Whether it reaches Secrets Manager at all. */
  readonly online: boolean;
  readonly session: string;
}

/**
 * The value that a task's `valueFrom` names: `<arn>[:<field>:<stage>:<version>]`.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 * @throws {TaskFailure} as ECS words it
 */
export function secretValue(store: Store, vault: Vault, valueFrom: string, reader: Reader): string {
  const match = /^(arn:aws[a-z-]*:secretsmanager:[^:]+:[^:]+:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?$/.exec(
    valueFrom,
  );
  if (!match) {
    throw failure(
      `unable to retrieve secrets from ssm: ${valueFrom}: the embedded cloud has no parameter store, and this is no ARN of a secret`,
    );
  }
  const [, arn = "", field = "", stage = "", version = ""] = match;
  const resource = arnOfSecret(store, arn) ?? arn;
  const fetched = `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager`;
  authorize(store, reader, resource, fetched);
  if (!reader.online) {
    throw failure(
      `${fetched}: RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.`,
    );
  }
  if (store.get(types.secret, resource) === undefined) {
    throw failure(`${fetched}: ResourceNotFoundException: Secrets Manager can't find the specified secret.`);
  }
  const found = versionOf(store, resource, stage, version);
  if (found === undefined) {
    throw failure(
      `${fetched}: ResourceNotFoundException: Secrets Manager can't find the specified secret value for ${version ? `VersionId: ${version}` : `staging label: ${stage || "AWSCURRENT"}`}`,
    );
  }
  const [id, outputs] = found;
  const bytes = vault.get(id);
  if (bytes === undefined) throw failure(`${fetched}: InternalServiceError`);
  const text = bytes.toString(outputs.binary === true ? "base64" : "utf8");
  return field === "" ? text : fieldOf(text, field, arn);
}

function authorize(store: Store, { executionRoleArn, session }: Reader, resource: string, fetched: string): void {
  if (executionRoleArn === undefined) throw failure(`${fetched}: no execution role`);
  const question = { action: "secretsmanager:GetSecretValue", resource };
  const decision = mayRole(store, executionRoleArn, question);
  if (decision === "allowed") return;
  throw failure(
    `${fetched}: AccessDeniedException: ${notAuthorized(executionRoleArn, session, question, decision)} status code: 400`,
  );
}

function versionOf(store: Store, secretArn: string, stage: string, version: string): [string, PlainMap] | undefined {
  return store.all(types.secretVersion).find(([, each]) => {
    if (each.secretArn !== secretArn) return false;
    if (version !== "") return each.versionId === version;
    return (each.versionStages as string[]).includes(stage || "AWSCURRENT");
  });
}

function fieldOf(text: string, field: string, arn: string): string {
  let value: unknown;
  try {
    value = (JSON.parse(text) as Record<string, unknown>)[field];
  } catch {
    throw failure(`unable to retrieve secret from asm: secret ${arn} is no JSON, of which a field could be taken`);
  }
  if (value === undefined)
    throw failure(
      `unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key ${field}`,
    );
  return typeof value === "string" ? value : JSON.stringify(value);
}

function failure(why: string): TaskFailure {
  return new TaskFailure(
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${why}`,
  );
}
