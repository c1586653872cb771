import { createHash } from "node:crypto";

/** Text as part of a cloud's name: lower-case letters, digits and hyphens, beginning with a letter. */
export function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return /^[a-z]/.test(plain) ? plain : `a-${plain}`.replace(/-$/, "");
}

/** Text as the beginning of names that a cloud takes, of at most `longest` characters: as it is wherever that will do. */
export function nameStem(text: string, longest: number): string {
  if (text.length <= longest && /^[a-z][-a-z0-9]*$/.test(text)) return text;
  return slug(text).slice(0, longest).replace(/-$/, "");
}

/** A name of at most `longest` characters that no other text has: the same for the same text. */
export function distinctName(text: string, longest: number): string {
  return `${slug(text)
    .slice(0, longest - 8)
    .replace(/-$/, "")}-${hashOf([text]).slice(0, 7)}`;
}

/** The text itself where it is a name that a cloud takes; one of at most `longest` characters otherwise. */
export function fittingName(text: string, taken: RegExp, longest: number): string {
  return taken.test(text) && text.length <= longest ? text : distinctName(text, longest);
}

/** 12 hexadecimal digits that tell one sequence of parts from any other. */
export function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex").slice(0, 12);
}
