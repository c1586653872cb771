import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { projectNumber } from "../names.ts";
import { bucketType, isVersioned } from "../storage/buckets.ts";
import { labelOutputs, projectOf } from "./fields.ts";
import type { Kind } from "./kind.ts";

/** Seconds that Cloud Storage keeps what was deleted. */
const softDelete = 604_800;

export const bucket: Kind = {
  type: bucketType,
  noun: "bucket",
  api: "storage.googleapis.com",
  id: ({ name }) => name as string,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const name = inputs.name as string;
    if (name.length > 63 && !name.includes(".")) throw new ApiError(400, `Invalid bucket name: '${name}'`);
    if ((inputs.hierarchicalNamespace as PlainMap | undefined)?.enabled === true) {
      throw new ApiError(
        400,
        "The embedded cloud has no buckets with hierarchical namespace: its emulator knows none.",
      );
    }
    const now = new Date().toISOString();
    const { labelFingerprint: _none, ...labels } = labelOutputs(inputs, scope);
    return {
      publicAccessPrevention: "inherited",
      uniformBucketLevelAccess: false,
      versioning: { enabled: false },
      softDeletePolicy: { retentionDurationSeconds: softDelete, effectiveTime: now },
      rpo: "DEFAULT",
      ...inputs,
      ...labels,
      project,
      location: (inputs.location as string).toUpperCase(),
      projectNumber: Number(projectNumber(project)),
      selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
      url: `gs://${name}`,
      timeCreated: before?.timeCreated ?? now,
      updated: before?.updated ?? now,
    };
  },
  async created(id, outputs, { cloud }) {
    await cloud.buckets.create(id, isVersioned(outputs));
    return undefined;
  },
  async updated(id, outputs, before, { cloud }) {
    if (isVersioned(outputs) !== isVersioned(before)) await cloud.buckets.setVersioned(id, isVersioned(outputs));
  },
  async deleting(id, outputs, { cloud }) {
    // In the provider's own words.
    if (outputs.forceDestroy !== true && !(await cloud.buckets.isEmpty(id))) {
      throw new Error(`Error trying to delete bucket ${id} without \`force_destroy\` set to true`);
    }
    await cloud.buckets.remove(id);
  },
};
