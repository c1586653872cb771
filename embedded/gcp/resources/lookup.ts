import type { Vault } from "../../daemon/vault.ts";
import { baseName, projectNumber } from "../names.ts";
import type { SecretVersion } from "../secretManager.ts";
import { bucketType } from "../storage/buckets.ts";
import type { Store } from "../store.ts";

export const accountType = "gcp:serviceaccount/account:Account";
export const repositoryType = "gcp:artifactregistry/repository:Repository";
export const secretType = "gcp:secretmanager/secret:Secret";
export const secretVersionType = "gcp:secretmanager/secretVersion:SecretVersion";

/** The account that Compute Engine has in every project where it is enabled. */
export function defaultAccount(project: string): string {
  return `${projectNumber(project)}-compute@developer.gserviceaccount.com`;
}

export function accountExists(store: Store, email: string): boolean {
  const own = store.all(accountType).find(([, outputs]) => outputs.email === email)?.[1];
  if (own) return own.disabled !== true;
  return projects(store).some((project) => defaultAccount(project) === email);
}

/** Project of a bucket. */
export function bucketProject(store: Store, name: string): string | undefined {
  return store.get(bucketType, name)?.project as string | undefined;
}

export function repositoryExists(store: Store, id: string): boolean {
  return store.get(repositoryType, id) !== undefined;
}

/** Versions of a secret, oldest first; those destroyed are gone. */
export function secretVersions(
  store: Store,
  vault: Vault,
  project: string,
  secret: string,
): readonly SecretVersion[] | undefined {
  if (store.get(secretType, `projects/${project}/secrets/${secret}`) === undefined) return undefined;
  const prefix = `projects/${projectNumber(project)}/secrets/${secret}/versions/`;
  return store
    .all(secretVersionType)
    .filter(([id]) => id.startsWith(prefix))
    .map(([id, outputs]) => ({
      version: baseName(id),
      enabled: outputs.enabled !== false,
      data: vault.get(id) ?? Buffer.alloc(0),
    }))
    .sort((a, b) => Number(a.version) - Number(b.version));
}

/** The id of a project that is named by its id or by its number. */
export function projectOf(store: Store, idOrNumber: string): string {
  if (!/^\d+$/.test(idOrNumber)) return idOrNumber;
  return projects(store).find((project) => projectNumber(project) === idOrNumber) ?? idOrNumber;
}

/** Every project in which there is something. */
function projects(store: Store): string[] {
  const named = store
    .types()
    .flatMap((type) => store.all(type).map(([, { project }]) => project))
    .filter((project) => typeof project === "string");
  return [...new Set(named)];
}
