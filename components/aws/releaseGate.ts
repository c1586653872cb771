import * as pulumi from "@pulumi/pulumi";
import { cli } from "../../userError.ts";
import { teller } from "../progress.ts";
import { type Deadline, ReleaseError, tell } from "../releaseError.ts";
import { resolved } from "../resolved.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import type { EcsApi } from "./ecsApi.ts";
import type { EcsService } from "./ecsService.ts";
import type { Awaited, Waiting } from "./release.ts";

export interface ReleaseGateArgs {
  region: string;
  /** Profile of AWS's own configuration. @default the environment's */
  profile?: string;
  clusterArn: pulumi.Output<string>;
  /** References by service, for the way back. */
  images: pulumi.Output<Readonly<Record<string, string>>>;
  /** What must not be shown of the containers' logs. */
  hidden: pulumi.Output<string[]>;
  /** Seconds that each service, and each job, may take. */
  timeout: number;
}

/** A service whose release is waited for. */
export interface Watched extends Omit<Awaited, "taskDefinition"> {
  readonly service: EcsService;
  readonly taskDefinition: pulumi.Output<string>;
}

/** Milliseconds that other services have once one has failed. */
const lastWords = 3000;

/**
 * Holds a release back where one service waits for another, and says in the end whether it came up. Waiting is done between the
 * resources: nothing is created inside an apply, and in a preview nothing is waited for.
 */
export class ReleaseGate {
  readonly #args: ReleaseGateArgs;
  readonly #deadlines = new Set<Deadline>();
  #api: Promise<EcsApi> | undefined;

  constructor(args: ReleaseGateArgs) {
    this.#args = args;
  }

  /** Resolves once a service runs what it is to run. @param digests by container @throws RunError where it does not */
  serves(watched: Watched, digests: pulumi.Output<Record<string, string>>): Promise<void> {
    return this.#wait(watched, async (api, awaited, waiting) => {
      const { awaitRollout } = await import("./release.ts");
      await awaitRollout(api, { ...awaited, digests: await resolved(digests) }, waiting);
    });
  }

  /** Resolves once a job has run to its end in this release. @throws RunError where it fails */
  completes(watched: Watched, release: pulumi.Output<string>): Promise<void> {
    return this.#wait(watched, async (api, awaited, waiting) => {
      const { runJob } = await import("./release.ts");
      await runJob(api, { ...awaited, release: await resolved(release) }, waiting);
    });
  }

  async #wait(
    { service, taskDefinition, ...names }: Watched,
    wait: (api: EcsApi, awaited: Awaited, waiting: Waiting) => Promise<void>,
  ): Promise<void> {
    if (pulumi.runtime.isDryRun()) return;
    const [arn] = await resolved(pulumi.all([taskDefinition, service.serviceArn]));
    const deadline = { at: Date.now() + this.#args.timeout * 1000 };
    this.#deadlines.add(deadline);
    try {
      await wait(await this.#ecsApi(), { ...names, taskDefinition: arn }, { deadline, tell: teller(service) });
    } catch (error) {
      throw await this.#explained(error);
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  /** One for all; the SDK is loaded for an update only. */
  #ecsApi(): Promise<EcsApi> {
    const { region, profile, clusterArn } = this.#args;
    this.#api ??= Promise.all([import("./ecsApi.ts"), resolved(clusterArn)]).then(
      ([{ EcsApi }, cluster]) => new EcsApi(region, cluster, profile),
    );
    return this.#api;
  }

  /** A failed release as the user is to see it: why, what was printed without its secrets, and how to go back. */
  async #explained(error: unknown): Promise<unknown> {
    // What fails with it is worth a moment, but not the whole time-out.
    for (const deadline of this.#deadlines) deadline.at = Math.min(deadline.at, Date.now() + lastWords);
    if (!(error instanceof ReleaseError)) return isAnswer(error) ? new pulumi.RunError(`ECS: ${error.message}`) : error;
    const [secrets, images, before] = await Promise.all([
      resolved(this.#args.hidden),
      resolved(this.#args.images),
      lastRelease(),
    ]);
    // ECS may have gone back already, which the state does not know.
    const again = `\nTo try the same release again: ${cli} up --refresh`;
    return new pulumi.RunError(
      `The release did not come up: ${tell(error, secrets)}${rollbackHint(images, before)}${again}`,
    );
  }
}

/** What AWS, or the way to it, says: no rights, no credentials, no connection. */
function isAnswer(error: unknown): error is Error {
  return (
    error instanceof Error && ("$metadata" in error || "code" in error || error.name === "CredentialsProviderError")
  );
}
