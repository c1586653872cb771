import { hashOf } from "./releaseDocument.ts";

/** Text as part of a Google Cloud name: lower-case letters, digits and hyphens, beginning with a letter. */
export function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return /^[a-z]/.test(plain) ? plain : `a-${plain}`.replace(/-$/, "");
}

/** A name of at most `longest` characters that no other text has: the same for the same text. */
export function distinctName(text: string, longest: number): string {
  return `${slug(text)
    .slice(0, longest - 8)
    .replace(/-$/, "")}-${hashOf([text]).slice(0, 7)}`;
}
