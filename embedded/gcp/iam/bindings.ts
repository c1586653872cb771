import type { PlainMap } from "../../core/value.ts";
import { baseName } from "../names.ts";
import type { Store } from "../store.ts";
import type { Binding } from "./policy.ts";

/** On what each type of IAM member grants its role, from the outputs of its resource. */
export const grantedOn: Readonly<Record<string, (outputs: PlainMap) => string>> = {
  "gcp:projects/iAMMember:IAMMember": ({ project }) => `projects/${text(project)}`,
  "gcp:storage/bucketIAMMember:BucketIAMMember": ({ bucket }) => `b/${baseName(text(bucket))}`,
  "gcp:secretmanager/secretIamMember:SecretIamMember": ({ project, secretId }) =>
    `projects/${text(project)}/secrets/${baseName(text(secretId))}`,
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": ({ project, location, repository }) =>
    `projects/${text(project)}/locations/${text(location)}/repositories/${baseName(text(repository))}`,
  "gcp:serviceaccount/iAMMember:IAMMember": ({ serviceAccountId }) => text(serviceAccountId),
};

/** Every grant of the cloud. */
export function bindingsOf(store: Store): Binding[] {
  return Object.entries(grantedOn).flatMap(([type, resource]) =>
    store
      .all(type)
      .map(([, outputs]) => ({ resource: resource(outputs), role: text(outputs.role), member: text(outputs.member) })),
  );
}

function text(value: PlainMap[string] | undefined): string {
  return value as string;
}
