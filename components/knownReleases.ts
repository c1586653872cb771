import { lastOutputs } from "./lastOutputs.ts";

/** A release that one may want to go back to. */
export interface KnownRelease {
  readonly id: string;
  /** Image references by service. */
  readonly images: Readonly<Record<string, string>>;
}

/** How many are known at most. */
const kept = 10;

/** The known releases with one more, the newest first; one that is there already becomes the newest. */
export function withRelease(known: readonly KnownRelease[], release: KnownRelease): KnownRelease[] {
  return [release, ...known.filter(({ id }) => id !== release.id)].slice(0, kept);
}

/** The releases that the stack's last deployment knew. A list, as the state sorts an object's keys. */
export async function knownReleases(): Promise<readonly KnownRelease[]> {
  const { releases = [] } = await lastOutputs();
  return releases as readonly KnownRelease[];
}
