import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A resource as the state keeps it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** The file in which the backend of a folder keeps a stack. */
export function stateFile(folder: string, project: string, stack: string): string {
  return join(folder, ".pulumi", "stacks", project, `${stack}.json`);
}

/** The resources of a stack, secrets encrypted. Unlike `pulumi stack export` this takes no time to be started. */
export async function keptResources(file: string): Promise<readonly StateResource[]> {
  const { checkpoint } = JSON.parse(await readFile(file, "utf8")) as {
    readonly checkpoint: { readonly latest?: { readonly resources?: readonly StateResource[] } };
  };
  return checkpoint.latest?.resources ?? [];
}
