/** Where an image lies, by the host and path that it is asked for. */
export interface ImageName {
  /** Its name in the local registry. */
  readonly local: string;
  /** Its name at the host. */
  readonly path: string;
  readonly place:
    | { readonly kind: "artifactRegistry"; readonly project: string /** Id. */; readonly repository: string }
    | { readonly kind: "public" /** Where it is on the internet. */; readonly host: string };
}

/** Registries that anybody may read, by the names that they go by. `mirror.gcr.io` mirrors Docker Hub. */
const publicHosts = new Map([
  ["docker.io", "registry-1.docker.io"],
  ["index.docker.io", "registry-1.docker.io"],
  ["registry-1.docker.io", "registry-1.docker.io"],
  ["mirror.gcr.io", "registry-1.docker.io"],
  ["ghcr.io", "ghcr.io"],
]);

/** Locations of the repositories that stand for Container Registry's hosts. */
const gcr = new Map([
  ["gcr.io", "us"],
  ["us.gcr.io", "us"],
  ["eu.gcr.io", "europe"],
  ["asia.gcr.io", "asia"],
]);

export function isRegistry(host: string): boolean {
  return publicHosts.has(host) || gcr.has(host) || /^[a-z0-9-]+-docker\.pkg\.dev$/.test(host);
}

/**
 * @param path as after `/v2/`: `p/web` of `gcr.io/p/web`
 * @returns undefined where the host has no such names
 */
export function imageName(host: string, path: string): ImageName | undefined {
  const onInternet = publicHosts.get(host);
  if (onInternet !== undefined) return { local: path, path, place: { kind: "public", host: onInternet } };
  const [project, repository, image] = path.split("/");
  if (gcr.has(host) && project && repository) {
    const id = `projects/${project}/locations/${gcr.get(host)}/repositories/${host}`;
    return { local: `${host}/${path}`, path, place: { kind: "artifactRegistry", project, repository: id } };
  }
  const location = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(host)?.[1];
  if (!location || !project || !repository || !image) return undefined;
  const id = `projects/${project}/locations/${location}/repositories/${repository}`;
  return { local: `${host}/${path}`, path, place: { kind: "artifactRegistry", project, repository: id } };
}

/** The parts of a request of the distribution API: `/v2/<name>/<manifests|blobs|tags>/<rest>`. */
export function registryPath(path: string): { name: string; rest: string } | undefined {
  const match = /^\/v2\/(.+?)\/((?:manifests|blobs|tags|referrers)\/.*)$/.exec(path);
  return match ? { name: match[1] ?? "", rest: match[2] ?? "" } : undefined;
}
