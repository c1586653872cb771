import type { PlainMap } from "../../core/value.ts";
import { labelOutputs, projectOf, regionOfInputs } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { repositoryType } from "./lookup.ts";

export const repository: Kind = {
  type: repositoryType,
  noun: "Repository",
  api: "artifactregistry.googleapis.com",
  id: ({ project, location, repositoryId }) => `projects/${project}/locations/${location}/repositories/${repositoryId}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const location = (inputs.location as string | undefined) ?? regionOfInputs(inputs, scope);
    const now = new Date().toISOString();
    const { labelFingerprint: _none, ...labels } = labelOutputs(inputs, scope);
    const outputs: PlainMap = {
      deletionPolicy: "DELETE",
      ...inputs,
      ...labels,
      project,
      location,
      name: inputs.repositoryId as string,
      registryUri: `${location}-docker.pkg.dev/${project}/${inputs.repositoryId}`,
      createTime: before?.createTime ?? now,
      updateTime: before?.updateTime ?? now,
    };
    return outputs;
  },
};
