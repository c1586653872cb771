import * as pulumi from "@pulumi/pulumi";
import { teller } from "../progress.ts";
import { type Deadline, ReleaseError, tell } from "../releaseError.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import type { EcsApi } from "./ecsApi.ts";
import type { EcsService } from "./ecsService.ts";
import type { Awaited, Waiting } from "./release.ts";

export interface ReleaseGateArgs {
  region: string;
  /** Profile of AWS's own configuration. @default the environment's */
  profile?: string;
  clusterArn: pulumi.Input<string>;
  /** References by service, for the way back. */
  images: pulumi.Output<Readonly<Record<string, string>>>;
  /** What must not be shown of the containers' logs. */
  hidden: pulumi.Output<string[]>;
  /** Seconds that each service, and each job, may take. */
  timeout: number;
}

/** A service whose release is waited for. */
export interface Watched {
  /** The compose service, or the app where that is one task. */
  readonly name: string;
  /** Its container. */
  readonly container: string;
  readonly serviceName: string;
  readonly service: EcsService;
  readonly taskDefinition: pulumi.Input<string>;
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

  /** Resolves once a service runs what it is to run. @param digests by container */
  serves(watched: Watched, digests: pulumi.Input<Readonly<Record<string, string>>>): pulumi.Output<void> {
    return this.#wait(watched, pulumi.output(digests), async (known, digests, waiting) => {
      const [api, { awaitRollout }] = await Promise.all([this.#ecsApi(), import("./release.ts")]);
      await awaitRollout(api, { ...known, digests }, waiting);
    });
  }

  /** Resolves once a job has run to its end in this release. */
  completes(watched: Watched, release: pulumi.Output<string>): pulumi.Output<void> {
    return this.#wait(watched, release, async (known, release, waiting) => {
      const [api, { runJob }] = await Promise.all([this.#ecsApi(), import("./release.ts")]);
      await runJob(api, { ...known, release }, waiting);
    });
  }

  #wait<T>(
    { name, container, serviceName, service, taskDefinition }: Watched,
    more: pulumi.Output<T>,
    wait: (known: Awaited, more: pulumi.Unwrap<T>, waiting: Waiting) => Promise<void>,
  ): pulumi.Output<void> {
    if (pulumi.runtime.isDryRun()) return pulumi.output(undefined);
    const waited = pulumi
      .all([pulumi.output(taskDefinition), more, service.serviceArn])
      .apply(async ([definition, known]) => {
        const deadline = { at: Date.now() + this.#args.timeout * 1000 };
        this.#deadlines.add(deadline);
        try {
          const awaited = { name, container, serviceName, taskDefinition: definition };
          await wait(awaited, known as pulumi.Unwrap<T>, { deadline, tell: teller(service) });
        } catch (error) {
          throw await this.#explained(error);
        } finally {
          this.#deadlines.delete(deadline);
        }
      });
    return pulumi.unsecret(waited);
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
      lastRelease(pulumi.getStack()),
    ]);
    return new pulumi.RunError(`The release did not come up: ${tell(error, secrets)}${rollbackHint(images, before)}`);
  }
}

function resolved<T>(input: pulumi.Input<T>): Promise<T> {
  return new Promise((resolve) => pulumi.output(input).apply((value) => resolve(value as T)));
}

/** What AWS, or the way to it, says: no rights, no credentials, no connection. */
function isAnswer(error: unknown): error is Error {
  return (
    error instanceof Error && ("$metadata" in error || "code" in error || error.name === "CredentialsProviderError")
  );
}
