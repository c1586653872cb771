import { join } from "node:path";
import { copySources, replaceInFile } from "./sources.ts";
import { containerOf, docker, freePort, type Outcome, TestStack } from "./stack.ts";

/** An app of docker/ on a stack of its own, from a copy of its sources, so that a test may change them. */
export class DeployedApp {
  readonly stack: TestStack;
  /** The copy of the app's folder. */
  readonly folder: string;
  /** Address of its plain HTTP port, without a slash at the end. */
  readonly http: string;
  readonly #config: Readonly<Record<string, unknown>>;

  private constructor(stack: TestStack, folder: string, port: number, config: Readonly<Record<string, unknown>>) {
    this.stack = stack;
    this.folder = folder;
    this.http = `http://127.0.0.1:${port}`;
    this.#config = { app: folder, ...config, environment: { HTTP_PORT: port, ...(config.environment as object) } };
  }

  /** @param config beside the app and its HTTP_PORT */
  static async prepare(app: string, config: Readonly<Record<string, unknown>> = {}): Promise<DeployedApp> {
    const stack = await TestStack.create({ app: "" });
    const folder = join(stack.folder, "app");
    await copySources(join("docker", app), folder);
    const deployed = new DeployedApp(stack, folder, await freePort(), config);
    await deployed.configure();
    return deployed;
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

  container(service: string): Promise<string> {
    return containerOf(this.stack, service);
  }

  /** What `docker inspect` says of a service's container, by a Go template. */
  async inspect(service: string, format: string): Promise<string> {
    return docker("inspect", "--format", format, await this.container(service));
  }

  /** Replace a text in a file of the copy. @throws when the file does not have it */
  async edit(file: string, before: string, after: string): Promise<void> {
    await replaceInFile(join(this.folder, file), before, after);
  }

  remove(): Promise<void> {
    return this.stack.remove();
  }
}
