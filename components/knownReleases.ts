import { execFile } from "node:child_process";
import { promisify } from "node:util";

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
export async function knownReleases(stack: string): Promise<readonly KnownRelease[]> {
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "output", "releases", "--json", "--stack", stack]);
    return JSON.parse(stdout) as KnownRelease[];
  } catch {
    return []; // the first release, or no CLI on the path
  }
}
