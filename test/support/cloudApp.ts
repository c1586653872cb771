// biome-ignore-all lint/complexity/noThisInStatic: it is the class that was asked, AwsApp or GcpApp.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { Client } from "../../embedded/daemon/client.ts";
import { makeAuthorsFiles } from "../fixtures/untouched/authorsFiles.ts";
import { leftOf, removeLeft } from "./leftOnDocker.ts";
import { root, TestStack } from "./stack.ts";
import { copyApp, StackedApp } from "./stackedApp.ts";

type Config = Readonly<Record<string, unknown>>;

/** The class of an app on one of the clouds. */
interface CloudAppClass<T> {
  /** What the configuration always has: target, account or project, and place. */
  readonly where: Config;
  new (stack: TestStack, folder: string, config: Config): T;
}

/** An app on an embedded cloud of its own. */
export abstract class CloudApp extends StackedApp {
  protected abstract readonly target: "aws" | "gcp";
  /** Speaks to its embedded cloud. */
  protected abstract readonly client: Client;
  /** What the cloud's command line reads beside the stack's environment. */
  protected readonly commandEnvironment: NodeJS.ProcessEnv = {};

  /**
   * An app of docker/, from a copy of its sources, so that a test may change them.
   * @param app folder below docker/, of which all is copied
   * @param config beside where it is deployed, and HTTP_PORT; `app` is below the copy
   */
  static prepare<T extends CloudApp>(this: CloudAppClass<T>, app: string, config: Config = {}): Promise<T> {
    return prepared(this, app, config);
  }

  /**
   * An app of docker/, from a copy of its sources, as an example stack deploys it.
   * @param example such as `gcp-containerize`, of which there is a `Pulumi.<example>.yaml`
   */
  static async example<T extends CloudApp>(this: CloudAppClass<T>, example: string): Promise<T> {
    const { config } = parse(await readFile(join(root, `Pulumi.${example}.yaml`), "utf8")) as {
      readonly config: Config;
    };
    const own = Object.entries(config).flatMap(([key, value]) =>
      key.startsWith("retrofit:") ? [[key.slice("retrofit:".length), value] as const] : [],
    );
    const { app, target: _always, ...rest } = Object.fromEntries(own);
    return prepared(this, app as string, rest);
  }

  /** An app as it lies there. @param config beside where it is deployed */
  static async inPlace<T extends CloudApp>(this: CloudAppClass<T>, folder: string, config: Config = {}): Promise<T> {
    return configured(this, await TestStack.create(this.where), folder, { app: folder, ...config });
  }

  /** An app of test/fixtures/untouched, with what its author has beside it. @param config beside where it is deployed */
  static async untouched<T extends CloudApp>(this: CloudAppClass<T>, app: string, config: Config = {}): Promise<T> {
    await makeAuthorsFiles(app);
    const folder = join(root, "test/fixtures/untouched", app);
    return configured(this, await TestStack.create(this.where), folder, { app: folder, ...config });
  }

  /** Where to open the app by plain HTTP, without a slash at the end. */
  abstract http(): Promise<string>;

  /** What the command line of the embedded cloud prints: `status`, `logs`, `kill`, `fail`, ... */
  async cloud(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("node", [join(root, `embedded/${this.target}/cli.ts`), ...args], {
      env: { ...this.stack.environment, ...this.commandEnvironment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** What Docker still has of its cloud. */
  left(): Promise<string[]> {
    return leftOf(this.target, this.stack.cloudFolder);
  }

  /** Destroys it, and the embedded cloud with it: by force what a failed test has left so that it cannot be destroyed. */
  async remove(): Promise<void> {
    if (this.client.isRunning()) await this.cloud("heal");
    const { ok, messages } = await this.stack.destroy();
    if (!ok) {
      await this.client.stop();
      await removeLeft(this.target, this.stack.cloudFolder);
    }
    await this.stack.discard();
    if (!ok) throw new Error(`the stack could not be destroyed:\n${messages}`);
  }
}

async function prepared<T extends CloudApp>(kind: CloudAppClass<T>, app: string, config: Config): Promise<T> {
  const stack = await TestStack.create(kind.where);
  const folder = await copyApp(app, stack);
  const { app: variant = "", environment = {}, ...rest } = config;
  return configured(kind, stack, folder, {
    app: join(folder, variant as string),
    environment: { HTTP_PORT: 80, ...(environment as object) },
    ...rest,
  });
}

async function configured<T extends CloudApp>(
  kind: CloudAppClass<T>,
  stack: TestStack,
  folder: string,
  config: Config,
): Promise<T> {
  // What a test leaves in buckets, disks and file systems is nobody's.
  const app = new kind(stack, folder, { ...kind.where, destroyContent: true, ...config });
  await app.configure();
  return app;
}
