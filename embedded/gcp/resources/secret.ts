import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { baseName, projectNumber } from "../names.ts";
import { labelOutputs, projectOf } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { secretType, secretVersionType } from "./lookup.ts";

/** How many versions a secret has had, by its id: a number is never used again. */
const countType = "secretVersions";
const api = "secretmanager.googleapis.com";
/** Bytes. */
const largest = 64 * 1024;

export const secret: Kind = {
  type: secretType,
  noun: "Secret",
  api,
  id: ({ project, secretId }) => `projects/${project}/secrets/${secretId}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const secretId = inputs.secretId as string;
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(secretId ?? "")) throw new ApiError(400, `Invalid secret id "${secretId}"`);
    const { auto, userManaged } = inputs.replication as PlainMap;
    if ((auto === undefined) === (userManaged === undefined)) {
      throw new ApiError(400, "exactly one of replication.auto, replication.user_managed must be specified");
    }
    const { labelFingerprint: _none, ...labels } = labelOutputs(inputs, scope);
    return {
      deletionPolicy: "DELETE",
      ...inputs,
      ...labels,
      project,
      effectiveAnnotations: inputs.annotations ?? {},
      expireTime: "",
      name: `projects/${projectNumber(project)}/secrets/${secretId}`,
      createTime: before?.createTime ?? new Date().toISOString(),
    };
  },
  async deleting(_id, { deletionProtection }) {
    if (deletionProtection === true) {
      throw new ApiError(
        400,
        "cannot destroy secret manager secret without setting deletion_protection=false and running `pulumi up`",
      );
    }
  },
  async deleted(id, { name }, { cloud }) {
    for (const [version] of cloud.store.all(secretVersionType)) {
      if (!version.startsWith(`${name}/versions/`)) continue;
      cloud.store.remove(secretVersionType, version);
      cloud.vault.remove(version);
    }
    cloud.store.remove(countType, id);
  },
};

export const secretVersion: Kind = {
  type: secretVersionType,
  noun: "SecretVersion",
  api,
  hidden: ["secretData"],
  id: ({ name }) => name as string,
  outputs(inputs, scope, before) {
    const reference = inputs.secret as string;
    const [, given] = reference.split("/");
    const project = reference.includes("/") ? (given ?? "") : projectOf(inputs, scope);
    const id = `projects/${project}/secrets/${baseName(reference)}`;
    if (before === undefined && !scope.cloud.store.get(secretType, id)) {
      throw new ApiError(404, `Secret [${id}] not found.`);
    }
    const count = (scope.cloud.store.get(countType, id)?.count as number | undefined) ?? 0;
    const version = before?.version ?? String(count + 1);
    return {
      deletionPolicy: "DELETE",
      ...inputs,
      project,
      secret: id,
      version,
      name: `projects/${projectNumber(project)}/secrets/${baseName(reference)}/versions/${version}`,
      createTime: before?.createTime ?? new Date().toISOString(),
      destroyTime: "",
    };
  },
  async created(id, outputs, { cloud }, { secretData, isSecretDataBase64 }) {
    if (secretData === undefined) throw new ApiError(400, "one of secret_data, secret_data_wo must be specified");
    const data = Buffer.from(secretData as string, isSecretDataBase64 === true ? "base64" : "utf8");
    if (data.length > largest) throw new ApiError(400, `The secret payload has more than ${largest} bytes.`);
    cloud.vault.put(id, data);
    cloud.store.put(countType, outputs.secret as string, { count: Number(outputs.version) });
    return undefined;
  },
  async deleted(id, _outputs, { cloud }) {
    cloud.vault.remove(id);
  },
};
