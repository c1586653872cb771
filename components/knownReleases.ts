import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Image references by service, by the release's id, the newest first. */
export type KnownReleases = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Releases that one may want to go back to. */
const kept = 10;

/** The known releases with one more; one that is there already becomes the newest. */
export function withRelease(known: KnownReleases, id: string, images: Readonly<Record<string, string>>): KnownReleases {
  const others = Object.entries(known).filter(([other]) => other !== id);
  return Object.fromEntries([[id, images], ...others].slice(0, kept));
}

/** The releases that the stack's last deployment knew. */
export async function knownReleases(stack: string): Promise<KnownReleases> {
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "output", "releases", "--json", "--stack", stack]);
    return JSON.parse(stdout) as KnownReleases;
  } catch {
    return {}; // the first release, or no CLI on the path
  }
}
