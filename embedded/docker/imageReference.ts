/** A name of an image, taken apart. */
export interface ImageReference {
  /** Host and port of the registry; Docker Hub where none is given. */
  readonly registry: string;
  /** Everything before tag and digest, as written. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:...` */
  readonly digest?: string;
}

export const dockerHub = "docker.io";

/** Takes apart `registry.example:5000/team/app:1.0@sha256:...`. */
export function parseImageReference(name: string): ImageReference {
  const [beforeDigest = "", digest] = name.split("@", 2);
  const slash = beforeDigest.lastIndexOf("/");
  const colon = beforeDigest.indexOf(":", slash + 1);
  const repository = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  const first = repository.split("/")[0] as string;
  // As in github.com/distribution/reference: a first component is a host when it could not be a user's name.
  const hosted = repository.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return {
    registry: hosted ? first : dockerHub,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Whether the name is an image's id, which no registry knows. */
export function isImageId(name: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(name);
}
