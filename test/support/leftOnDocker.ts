import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What there can be of a cloud on the engine: how it is listed, and how it is removed, in the order in which that works. */
const kindsOfThings = [
  [
    ["ps", "--all"],
    ["rm", "--force", "--volumes"],
  ],
  [
    ["volume", "ls"],
    ["volume", "rm"],
  ],
  [
    ["network", "ls"],
    ["network", "rm"],
  ],
] as const;

/** What Docker has of the embedded cloud of a folder. */
export async function leftOf(cloud: "gcp" | "aws", folder: string): Promise<string[]> {
  return (await Promise.all(kindsOfThings.map(([list]) => listed(cloud, folder, list)))).flat();
}

/** Removes what Docker has of the embedded cloud of a folder, whose daemon has ended. */
export async function removeLeft(cloud: "gcp" | "aws", folder: string): Promise<void> {
  for (const [list, remove] of kindsOfThings) {
    const ids = await listed(cloud, folder, list);
    if (ids.length > 0) await run("docker", [...remove, ...ids]);
  }
}

/** As the labels of a cloud's containers have it. */
export function idOf(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 8);
}

async function listed(cloud: string, folder: string, list: readonly string[]): Promise<string[]> {
  const filter = ["--quiet", "--filter", `label=retrofit.embedded.${cloud}=${idOf(folder)}`];
  const { stdout } = await run("docker", [...list, ...filter]);
  return stdout.split("\n").filter(Boolean);
}
