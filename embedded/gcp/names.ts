import { createHash, randomInt } from "node:crypto";

const compute = "https://www.googleapis.com/compute/v1/";

/** `https://www.googleapis.com/compute/v1/projects/p/...` of an id such as `projects/p/...`. */
export function selfLink(id: string): string {
  return compute + id;
}

/**
 * The id that a reference means: a self link, a partial one (`zones/z/disks/d`, `global/networks/n`), or a bare name, which
 * lies in `place`.
 * @param place such as `projects/p/zones/z/disks`
 */
export function idOf(reference: string, place: string): string {
  const path = reference.replace(
    /^https:\/\/(www\.googleapis\.com\/compute|compute\.googleapis\.com\/compute)\/[^/]+\//,
    "",
  );
  if (path.startsWith("projects/")) return path;
  if (!path.includes("/")) return `${place}/${path}`;
  return `${place.split("/").slice(0, 2).join("/")}/${path}`;
}

/** The last part of an id or a link. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `us-east1` of `us-east1-b`. */
export function regionOf(zone: string): string {
  return zone.replace(/-[a-z]$/, "");
}

/** A project's number: twelve digits, always the same for a project. */
export function projectNumber(project: string): string {
  const hash = createHash("sha256").update(project).digest();
  return String(100_000_000_000 + (hash.readUIntBE(0, 6) % 900_000_000_000));
}

/** A number such as Google gives to what it makes: so many digits, the first not 0. */
export function newNumber(digits: number): string {
  return Array.from({ length: digits }, (_, index) => randomInt(index === 0 ? 1 : 0, 10)).join("");
}

/** Changes whenever the content does; opaque to its reader. */
export function fingerprint(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64").slice(0, 11).concat("=");
}
