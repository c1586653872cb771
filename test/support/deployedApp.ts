import { freePort } from "../../tools/freePort.mjs";
import { containerOf, docker, TestStack } from "./stack.ts";
import { copyApp, StackedApp } from "./stackedApp.ts";

/** An app of docker/ on this machine's Docker, from a copy of its sources. */
export class DeployedApp extends StackedApp {
  /** Address of its plain HTTP port, without a slash at the end. */
  readonly http: string;

  private constructor(stack: TestStack, folder: string, port: number, config: Readonly<Record<string, unknown>>) {
    super(stack, folder, {
      app: folder,
      ...config,
      environment: { HTTP_PORT: port, ...(config.environment as object) },
    });
    this.http = `http://127.0.0.1:${port}`;
  }

  /** @param config beside the app and its HTTP_PORT */
  static async prepare(app: string, config: Readonly<Record<string, unknown>> = {}): Promise<DeployedApp> {
    const stack = await TestStack.create({ app: "" });
    const deployed = new DeployedApp(stack, await copyApp(app, stack), await freePort(), config);
    await deployed.configure();
    return deployed;
  }

  container(service: string): Promise<string> {
    return containerOf(this.stack, service);
  }

  /** What `docker inspect` says of a service's container, by a Go template. */
  async inspect(service: string, format: string): Promise<string> {
    return docker("inspect", "--format", format, await this.container(service));
  }

  remove(): Promise<void> {
    return this.stack.remove();
  }
}
