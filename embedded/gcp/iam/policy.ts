import { permissionsOf } from "./roles.ts";

/** One grant: a member has a role on a resource. */
export interface Binding {
  /** `projects/p`, `b/<bucket>`, `projects/p/secrets/s`, ... */
  readonly resource: string;
  readonly role: string;
  /** `serviceAccount:e@mail`, `allUsers`, `allAuthenticatedUsers`, ... */
  readonly member: string;
}

/**
 * Whether a service account has a permission on any of the resources: the one asked for and those above it.
 * @param email undefined for a caller without credentials
 */
export function allows(
  bindings: readonly Binding[],
  email: string | undefined,
  permission: string,
  resources: readonly string[],
): boolean {
  const members = email === undefined ? ["allUsers"] : ["allUsers", "allAuthenticatedUsers", `serviceAccount:${email}`];
  return bindings.some(
    ({ resource, role, member }) =>
      resources.includes(resource) && members.includes(member) && (permissionsOf[role]?.includes(permission) ?? false),
  );
}

const broad = "https://www.googleapis.com/auth/cloud-platform";

/** Access scopes that cover an API, beside the one that covers all: a token can do no more, whatever its account may. */
const scopesFor: Readonly<Record<string, readonly string[]>> = {
  storage: ["devstorage.read_only", "devstorage.read_write", "devstorage.full_control"],
  artifactregistry: ["devstorage.read_only", "devstorage.read_write", "devstorage.full_control"],
  logging: ["logging.write", "logging.admin"],
};

/** Whether the scopes that a machine's tokens are limited to cover the permission. */
export function scopesCover(scopes: readonly string[], permission: string): boolean {
  if (scopes.includes(broad)) return true;
  const api = permission.split(".", 1)[0] ?? "";
  const writes = /\.(create|delete|update|uploadArtifacts)$/.test(permission) && api !== "logging";
  return (scopesFor[api] ?? [])
    .filter((scope) => !(writes && scope.endsWith("read_only")))
    .some((scope) => scopes.includes(`https://www.googleapis.com/auth/${scope}`));
}
