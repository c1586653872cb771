import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../compose/model.ts";
import type { Endpoint } from "../endpoint.ts";
import { type Deadline, ReleaseError, tell } from "../releaseError.ts";
import { resolved } from "../resolved.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import { awaitAnswer, seen } from "./answer.ts";
import type { Engine, Listed } from "./engine.ts";
import { type Awaited, awaitContainer, startAgain } from "./release.ts";

interface Watched {
  readonly service: Service;
  readonly container: docker.Container;
}

/** Milliseconds that the other services have once one has failed. */
const lastWords = 3000;

type Images = Readonly<Record<string, string>>;

/**
 * Holds a release back where the compose file says so, and says in the end whether it came up. Waiting is done between
 * the resources, not by one: nothing is created inside an apply, and a dependent is not replaced with what it waits for,
 * as it would be if one of its inputs carried the wait.
 */
export class ReleaseGate {
  readonly #engine: Engine;
  /** As the containers are labelled: `project/stack`. */
  readonly #stack: string;
  readonly #images: pulumi.Output<Images>;
  readonly #secretValues: pulumi.Output<string[]>;
  readonly #deadline: () => Deadline;
  readonly #watched = new Map<string, Watched>();
  /** The containers that were there when this update began, by which a stopped one is told from one that crashes now. */
  readonly #before: Promise<readonly Listed[]>;
  /** By container. */
  readonly #preparations = new Map<string, Promise<void>>();

  /**
   * @param stack as the containers are labelled
   * @param images references by service
   * @param secretValues what must not be shown of the containers' logs
   * @param timeout seconds
   */
  constructor(
    engine: Engine,
    stack: string,
    images: pulumi.Output<Images>,
    secretValues: pulumi.Output<string[]>,
    timeout: number,
  ) {
    this.#engine = engine;
    this.#stack = stack;
    this.#images = images;
    this.#secretValues = secretValues;
    this.#deadline = () => ({ at: Date.now() + timeout * 1000 });
    this.#before = pulumi.runtime.isDryRun() ? Promise.resolve([]) : engine.containers(stack);
  }

  watch(service: Service, container: docker.Container): void {
    this.#watched.set(service.name, { service, container });
  }

  /**
   * The containers that must be there before a service's own, each as soon as it meets its `depends_on` condition. None is made
   * before it is known which had ended.
   */
  dependencies(service: Service, also: readonly string[]): Promise<pulumi.Input<pulumi.Resource>[]> {
    const plain = also.filter((name) => !(name in service.dependsOn)).map((name) => this.#watchedAs(name).container);
    const all = [
      ...plain,
      ...Object.entries(service.dependsOn).map(([name, condition]) => {
        const { container } = this.#watchedAs(name);
        if (condition === "started" || pulumi.runtime.isDryRun()) return container;
        return this.#explained(() => this.#reaches(name, condition)).then(() => container);
      }),
    ];
    return this.#before.then(() => all);
  }

  /**
   * Resolves once every service is released and every endpoint answers, in a preview at once.
   * @returns the endpoints with what they speak @throws RunError
   */
  async released(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
    if (pulumi.runtime.isDryRun()) return Promise.all(endpoints.map(seen));
    const answered: Endpoint[] = [];
    await this.#explained(async () => {
      const deadline = this.#deadline();
      const release = async ({ service }: Watched) => {
        await this.#reaches(service.name, service.job ? "completed" : "released", deadline);
        const own = endpoints.filter((endpoint) => endpoint.service === service.name);
        answered.push(...(await Promise.all(own.map((endpoint) => awaitAnswer(endpoint, deadline)))));
      };
      const outcomes = await Promise.allSettled(
        [...this.#watched.values()].map((watched) =>
          release(watched).catch((error) => {
            // What fails with it is worth a moment, so that all is told at once, but not the whole time-out.
            deadline.at = Math.min(deadline.at, Date.now() + lastWords);
            throw error;
          }),
        ),
      );
      const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures);
    });
    return answered;
  }

  /**
   * A command line that was killed in mid-creation leaves a container that the state knows nothing of. A service has one
   * container, whose predecessor was deleted before it: any other is such a leftover, and may be writing to the same volume.
   */
  async #removeLeftovers({ service, containerId }: Awaited): Promise<void> {
    const isOther = (each: Listed) => each.service === service && each.id !== containerId;
    if (!(await this.#before).some(isOther)) return;
    for (const { id, name } of (await this.#engine.containers(this.#stack)).filter(isOther)) {
      await this.#engine.remove(id);
      pulumi.log.warn(`Removed container ${name} of service "${service}", left over from an interrupted update.`);
    }
  }

  #watchedAs(name: string): Watched {
    return this.#watched.get(name) as Watched;
  }

  async #reaches(
    name: string,
    wanted: "healthy" | "completed" | "released",
    deadline = this.#deadline(),
  ): Promise<void> {
    const { service, container } = this.#watchedAs(name);
    const awaited: Awaited = {
      service: name,
      containerId: await resolved(container.id),
      restarts: !service.job && service.restart.policy !== "no",
      mayEnd: service.restart.policy === "no" && service.ports.length === 0 && service.healthcheck === undefined,
    };
    await this.#prepared(awaited, service.job);
    await awaitContainer(this.#engine, awaited, wanted, deadline);
  }

  /** Alone on its volumes, and started again where it had ended. Whoever waits for a container waits for one preparation. */
  #prepared(awaited: Awaited, isJob: boolean): Promise<void> {
    const { containerId } = awaited;
    const prepare = async () => {
      await this.#removeLeftovers(awaited);
      const before = (await this.#before).find(({ id }) => id === containerId);
      // A job that failed in an earlier update has still to be done.
      if (before?.status === "exited") await startAgain(this.#engine, isJob ? { ...awaited, mayEnd: true } : awaited);
    };
    const preparation = this.#preparations.get(containerId) ?? prepare();
    this.#preparations.set(containerId, preparation);
    return preparation;
  }

  /** A failed release as the user is to see it: why, what was printed without its secrets, and how to go back. */
  async #explained(wait: () => Promise<void>): Promise<void> {
    try {
      await wait();
    } catch (error) {
      const failures: unknown[] = error instanceof AggregateError ? error.errors : [error];
      const unexpected = failures.find((failure) => !(failure instanceof ReleaseError));
      if (unexpected !== undefined) throw unexpected;
      const [secrets, images, before] = await Promise.all([
        resolved(this.#secretValues),
        resolved(this.#images),
        lastRelease(),
      ]);
      const told = (failures as ReleaseError[]).map((failure) => tell(failure, secrets)).join("\n");
      throw new pulumi.RunError(`The release did not come up: ${told}${rollbackHint(images, before)}`);
    }
  }
}
