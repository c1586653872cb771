import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { grantedOn } from "../iam/bindings.ts";
import { permissionsOf } from "../iam/roles.ts";
import { baseName, fingerprint } from "../names.ts";
import { bucketType } from "../storage/buckets.ts";
import { projectOf, regionOfInputs } from "./fields.ts";
import type { Kind, Scope } from "./kind.ts";
import { accountExists, accountType, repositoryType, secretType } from "./lookup.ts";

interface Target {
  readonly api: string;
  /** Fills in what the resource that it is granted on is named by. */
  readonly name: (inputs: PlainMap, scope: Scope) => PlainMap;
  /** The resource itself, as type and id; undefined for a project. */
  readonly on?: (outputs: PlainMap) => readonly [type: string, id: string];
}

const targets: Readonly<Record<string, Target>> = {
  "gcp:projects/iAMMember:IAMMember": {
    api: "cloudresourcemanager.googleapis.com",
    name: (inputs, scope) => ({ project: projectOf(inputs, scope) }),
  },
  "gcp:storage/bucketIAMMember:BucketIAMMember": {
    api: "storage.googleapis.com",
    name: ({ bucket }) => ({ bucket: `b/${baseName(bucket as string)}` }),
    on: ({ bucket }) => [bucketType, baseName(bucket as string)],
  },
  "gcp:secretmanager/secretIamMember:SecretIamMember": {
    api: "secretmanager.googleapis.com",
    name: (inputs, scope) => {
      const project = projectOf(inputs, scope);
      return { project, secretId: `projects/${project}/secrets/${baseName(inputs.secretId as string)}` };
    },
    on: ({ secretId }) => [secretType, secretId as string],
  },
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
    api: "artifactregistry.googleapis.com",
    name: (inputs, scope) => {
      const project = projectOf(inputs, scope);
      const [, , , given] = (inputs.repository as string).split("/");
      const location = (inputs.location as string | undefined) ?? given ?? regionOfInputs(inputs, scope);
      const repository = `projects/${project}/locations/${location}/repositories/${baseName(inputs.repository as string)}`;
      return { project, location, repository };
    },
    on: ({ repository }) => [repositoryType, repository as string],
  },
  "gcp:serviceaccount/iAMMember:IAMMember": {
    api: "iam.googleapis.com",
    name: ({ serviceAccountId }) => ({ serviceAccountId: serviceAccountId ?? null }),
    on: ({ serviceAccountId }) => [accountType, serviceAccountId as string],
  },
};

/** One role for one member on one resource, for each type of resource. */
export const iamMembers: readonly Kind[] = Object.entries(targets).map(([type, target]) => ({
  type,
  noun: "IAM member",
  shared: true,
  api: target.api,
  id: (outputs) => {
    const on = grantedOn[type]?.(outputs) ?? "";
    // Only the id of a project's has no kind of resource in front of it.
    return `${on.replace(/^projects\/([^/]+)$/, "$1")}/${outputs.role}/${outputs.member}`;
  },
  outputs(inputs, scope) {
    const outputs = { ...inputs, ...target.name(inputs, scope) };
    return { ...outputs, etag: fingerprint(outputs) };
  },
  async created(_id, outputs, { cloud }) {
    const role = outputs.role as string;
    if (!(role in permissionsOf)) {
      throw new ApiError(400, `Role ${role} is not supported for this resource: the embedded cloud does not know it`);
    }
    const on = target.on?.(outputs);
    if (on && !cloud.store.get(...on)) throw new ApiError(404, `The resource '${on[1]}' was not found`);
    const [kind, email = ""] = (outputs.member as string).split(":");
    const own = kind === "serviceAccount" && email.endsWith(".iam.gserviceaccount.com");
    if (own && !accountExists(cloud.store, email)) throw new ApiError(400, `Service account ${email} does not exist.`);
    return undefined;
  },
}));
