import { randomUUID } from "node:crypto";
import { AwsError } from "../apiError.ts";
import { letters } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf } from "./common.ts";
import type { Kind } from "./kind.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Bytes. */
const largest = 64 * 1024;

export const secret: Kind = {
  type: types.secret,
  api: "Secrets Manager",
  noun: "Secret",
  id: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const name = inputs.name as string;
    const { region } = homeOf(inputs, scope);
    if (before === undefined) {
      if (store.all(types.secret).some(([, each]) => each.name === name && each.region === region)) {
        throw new AwsError(
          "ResourceExistsException",
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      const until = store.get(types.deletedSecret, `${region}/${name}`)?.until as number | undefined;
      if (until !== undefined && until > Date.now()) {
        throw new AwsError(
          "InvalidRequestException",
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
      }
    }
    return {
      policy: "",
      replicas: [],
      ...common(inputs, scope),
      arn: before?.arn ?? arnOf("secretsmanager", inputs, scope, `secret:${name}-${letters(6, alphabet)}`),
    };
  },
  async deleted(id, { name, region, recoveryWindowInDays }, { cloud: { store, vault } }) {
    for (const [version, { secretArn }] of store.all(types.secretVersion)) {
      if (secretArn !== id) continue;
      store.remove(types.secretVersion, version);
      vault.remove(version);
    }
    const days = Number(recoveryWindowInDays);
    if (days > 0) store.put(types.deletedSecret, `${region}/${name}`, { until: Date.now() + days * 86_400_000 });
  },
};

export const secretVersion: Kind = {
  type: types.secretVersion,
  api: "Secrets Manager",
  noun: "Secret Version",
  operations: { creating: "PutSecretValue", updating: "UpdateSecretVersionStage" },
  hidden: ["secretString", "secretBinary"],
  id: ({ secretArn, versionId }) => `${secretArn}|${versionId}`,
  outputs(inputs, scope, before) {
    const secretArn = arnOfSecret(scope.cloud.store, inputs.secretId as string);
    if (secretArn === undefined) {
      throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    return {
      versionStages: before?.versionStages ?? ["AWSCURRENT"],
      ...inputs,
      region: homeOf(inputs, scope).region,
      secretId: inputs.secretId as string,
      arn: secretArn,
      secretArn,
      versionId: before?.versionId ?? randomUUID(),
      hasSecretStringWo: false,
    };
  },
  async created(id, { secretArn, versionStages }, { cloud: { store, vault } }, { secretString, secretBinary }) {
    if ((secretString === undefined) === (secretBinary === undefined)) {
      throw new AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
    }
    const bytes = Buffer.from((secretString ?? secretBinary) as string, secretString === undefined ? "base64" : "utf8");
    if (bytes.length > largest)
      throw new AwsError("InvalidParameterException", `The secret value has more than ${largest} bytes.`);
    vault.put(id, bytes);
    if ((versionStages as string[]).includes("AWSCURRENT")) moveStage(store, secretArn as string, id);
    return undefined;
  },
  async deleted(id, _outputs, { cloud: { vault } }) {
    vault.remove(id);
  },
};

/** A new version is the current one, and the one that was is the previous one. */
function moveStage(store: Store, secretArn: string, current: string): void {
  for (const [id, version] of store.all(types.secretVersion)) {
    if (version.secretArn !== secretArn || id === current) continue;
    const stages = version.versionStages as string[];
    const others = stages.filter((stage) => stage !== "AWSCURRENT" && stage !== "AWSPREVIOUS");
    const previous = stages.includes("AWSCURRENT") ? ["AWSPREVIOUS"] : [];
    store.put(types.secretVersion, id, { ...version, versionStages: [...others, ...previous] });
  }
}

/** ARN of the secret that is meant: by its ARN, by an ARN without the six characters at its end, or by its name. */
export function arnOfSecret(store: Store, reference: string): string | undefined {
  if (store.get(types.secret, reference)) return reference;
  const found = store.all(types.secret).find(([arn, { name }]) => name === reference || arn.slice(0, -7) === reference);
  return found?.[0];
}
