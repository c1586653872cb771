import { cp } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../test/support/stack.ts";
import { freePort } from "../tools/freePort.mjs";
import { measure, type Run, succeeded } from "./measure.ts";

/** flask-upload-demo by plain Docker Compose, from a copy of its sources: what one would have without Pulumi. */
export class ComposeApp {
  /** The copy of the app's folder. */
  readonly folder: string;
  readonly url: string;
  readonly #variant: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, variant: string, port: number, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}/`;
    this.#variant = variant;
    this.#env = {
      ...env,
      HTTP_PORT: `${port}`,
      COMPOSE_PROJECT_NAME: `bench-${process.pid}-${variant}`,
      COMPOSE_BAKE: "false",
    };
  }

  static async start(folder: string, variant: string, env: NodeJS.ProcessEnv): Promise<ComposeApp> {
    await cp(join(root, "docker/flask-upload-demo"), folder, { recursive: true });
    const app = new ComposeApp(folder, variant, await freePort(), env);
    succeeded(await app.up());
    return app;
  }

  up(): Promise<Run> {
    return this.#compose("up", "--build", "--detach");
  }

  stop(): Promise<Run> {
    return this.#compose("stop");
  }

  start(): Promise<Run> {
    return this.#compose("start");
  }

  /** Takes containers and networks away, and leaves images and volumes. */
  down(): Promise<Run> {
    return this.#compose("down");
  }

  remove(): Promise<Run> {
    return this.#compose("down", "--volumes", "--rmi", "local");
  }

  #compose(...args: string[]): Promise<Run> {
    return measure("docker", ["compose", "--progress", "quiet", ...args], this.#env, join(this.folder, this.#variant));
  }
}
