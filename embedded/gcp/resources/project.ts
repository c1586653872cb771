import { ApiError } from "../apiError.ts";
import { newNumber } from "../names.ts";
import { leftEnabledType, serviceType } from "./apis.ts";
import { projectOf } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { accountType } from "./lookup.ts";

/** An API of a project. It stays enabled unless the program says otherwise, and is then nobody's. */
export const service: Kind = {
  type: serviceType,
  noun: "Service",
  shared: true,
  id: ({ project, service: name }) => `${project}/${name}`,
  outputs: (inputs, scope) => ({ ...inputs, project: projectOf(inputs, scope) }),
  async deleted(id, { project, disableOnDestroy }, { cloud: { store } }) {
    if (disableOnDestroy === true) store.remove(leftEnabledType, id);
    else store.put(leftEnabledType, id, { project: project ?? null });
  },
};

export const account: Kind = {
  type: accountType,
  noun: "service account",
  api: "iam.googleapis.com",
  id: ({ name }) => name as string,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const email = `${inputs.accountId}@${project}.iam.gserviceaccount.com`;
    return {
      ...inputs,
      project,
      email,
      member: `serviceAccount:${email}`,
      name: `projects/${project}/serviceAccounts/${email}`,
      uniqueId: before?.uniqueId ?? newNumber(21),
    };
  },
  async deleting(_id, { email }, { cloud }) {
    const user = cloud.instances.all().find((instance) => instance.account?.email === email);
    // Google lets it go, and the instance loses its identity: here that is taken for a mistake.
    if (user) throw new ApiError(400, `The service account is used by ${user.id}`);
  },
};
