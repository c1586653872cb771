import { join } from "node:path";
import { copySources, replaceInFile } from "./sources.ts";
import type { Outcome, TestStack } from "./stack.ts";

/** An app of docker/ or any other folder, deployed by a stack of its own. */
export abstract class StackedApp {
  readonly stack: TestStack;
  /** The app's folder: a copy, where it was prepared as one. */
  readonly folder: string;
  readonly #config: Readonly<Record<string, unknown>>;

  /** @param config of the start */
  constructor(stack: TestStack, folder: string, config: Readonly<Record<string, unknown>>) {
    this.stack = stack;
    this.folder = folder;
    this.#config = config;
  }

  /** Go back to the configuration of the start, with something more. */
  configure(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.stack.configure({ ...this.#config, ...more });
  }

  /** @throws with all that was said when it fails */
  async up(...options: string[]): Promise<Outcome> {
    const outcome = await this.stack.up(...options);
    if (!outcome.ok) throw new Error(outcome.messages);
    return outcome;
  }

  /** Replace a text in a file of the copy. @throws when the file does not have it */
  edit(file: string, before: string, after: string): Promise<void> {
    return replaceInFile(join(this.folder, file), before, after);
  }
}

/** Copies all of a folder below docker/ into the stack's, so that a test may change the sources, and answers where to. */
export async function copyApp(app: string, stack: TestStack): Promise<string> {
  const folder = join(stack.folder, "app");
  await copySources(join("docker", app), folder);
  return folder;
}
