import { ApiError } from "../apiError.ts";
import { diskType } from "../compute/disk.ts";
import { baseName, idOf, regionOf, selfLink } from "../names.ts";
import { projectOf, regionOfInputs, zoneOf } from "./fields.ts";
import type { Kind } from "./kind.ts";

const api = "compute.googleapis.com";
const policyType = "gcp:compute/resourcePolicy:ResourcePolicy";
const attachmentType = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment";

/** A schedule of snapshots. It is kept, but none are taken. */
export const resourcePolicy: Kind = {
  type: policyType,
  noun: "ResourcePolicy",
  api,
  id: ({ project, region, name }) => `projects/${project}/regions/${region}/resourcePolicies/${name}`,
  outputs(inputs, scope) {
    const project = projectOf(inputs, scope);
    const region = regionOfInputs(inputs, scope);
    return {
      deletionPolicy: "DELETE",
      ...inputs,
      project,
      region,
      selfLink: selfLink(`projects/${project}/regions/${region}/resourcePolicies/${inputs.name}`),
    };
  },
  async deleting(id, _outputs, { cloud: { store } }) {
    const user = store.all(attachmentType).find(([, { project, zone, name }]) => {
      return id === `projects/${project}/regions/${regionOf(zone as string)}/resourcePolicies/${name}`;
    });
    if (user) throw new ApiError(400, `The resource_policy resource '${id}' is already being used by '${user[0]}'`);
  },
};

export const diskResourcePolicyAttachment: Kind = {
  type: attachmentType,
  noun: "DiskResourcePolicyAttachment",
  api,
  id: ({ project, zone, disk, name }) => `${project}/${zone}/${disk}/${name}`,
  outputs(inputs, scope) {
    const project = projectOf(inputs, scope);
    return { ...inputs, project, zone: zoneOf(inputs, scope), disk: baseName(inputs.disk as string) };
  },
  async created(_id, { project, zone, disk, name }, { cloud: { store } }) {
    const wanted = [
      [diskType, idOf(disk as string, `projects/${project}/zones/${zone}/disks`)],
      [policyType, `projects/${project}/regions/${regionOf(zone as string)}/resourcePolicies/${name}`],
    ] as const;
    for (const [type, id] of wanted) {
      if (!store.get(type, id)) throw new ApiError(404, `The resource '${id}' was not found`);
    }
    return undefined;
  },
};
