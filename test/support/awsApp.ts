import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { copySources, replaceInFile } from "./sources.ts";
import { type Outcome, root, TestStack } from "./stack.ts";

const cloud = {
  target: "aws",
  embedded: true,
  "aws:region": "eu-central-1",
  "aws:allowedAccountIds": ["123456789012"],
} as const;

/** An app on ECS of an embedded AWS of its own. */
export class AwsApp {
  readonly stack: TestStack;
  /** The app's folder: a copy, where it was prepared as one. */
  readonly folder: string;
  readonly #config: Readonly<Record<string, unknown>>;

  private constructor(stack: TestStack, folder: string, config: Readonly<Record<string, unknown>>) {
    this.stack = stack;
    this.folder = folder;
    // What a test leaves in buckets and file systems is nobody's.
    this.#config = { ...cloud, destroyContent: true, ...config };
  }

  /**
   * An app of docker/, from a copy of its sources, so that a test may change them.
   * @param app folder below docker/, of which all is copied
   * @param config beside target, region, account and HTTP_PORT; `app` is below the copy
   */
  static async prepare(app: string, config: Readonly<Record<string, unknown>> = {}): Promise<AwsApp> {
    const stack = await TestStack.create(cloud);
    const folder = join(stack.folder, "app");
    await copySources(join("docker", app), folder);
    const { app: variant = "", environment = {}, ...rest } = config;
    const deployed = new AwsApp(stack, folder, {
      app: join(folder, variant as string),
      environment: { HTTP_PORT: 80, ...(environment as object) },
      ...rest,
    });
    await deployed.configure();
    return deployed;
  }

  /** An app as it lies there. @param config beside target, region and account */
  static async inPlace(folder: string, config: Readonly<Record<string, unknown>> = {}): Promise<AwsApp> {
    const deployed = new AwsApp(await TestStack.create(cloud), folder, { app: folder, ...config });
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

  /** Where to open the app, without a slash at the end. */
  async http(): Promise<string> {
    const { url } = (await this.stack.outputs()) as { url: string };
    return url.replace(/\/$/, "");
  }

  /** Replace a text in a file of the copy. @throws when the file does not have it */
  edit(file: string, before: string, after: string): Promise<void> {
    return replaceInFile(join(this.folder, file), before, after);
  }

  /** What the command line of the embedded cloud prints: `status`, `logs`, `kill`, `fail`, ... */
  async cloud(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("node", [join(root, "embedded/aws/cli.ts"), ...args], {
      env: { ...this.stack.environment, AWS_REGION: cloud["aws:region"] },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Destroys it, and the embedded cloud with it. */
  remove(): Promise<void> {
    return this.stack.remove();
  }
}
