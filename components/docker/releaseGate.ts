import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../compose/model.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import type { Engine } from "./engine.ts";
import { type Awaited, awaitAnswer, awaitContainer, type Endpoint, ReleaseError, startStopped } from "./release.ts";

type Images = Readonly<Record<string, string>>;

/**
 * Holds a release back where the compose file says so, and says in the end whether it came up. Waiting is done between
 * the resources, not by one: nothing is created inside an apply, and a dependent is not replaced with what it waits for,
 * as it would be if one of its inputs carried the wait.
 */
export class ReleaseGate {
  readonly #engine: Engine;
  readonly #images: pulumi.Output<Images>;
  readonly #secretValues: pulumi.Output<string[]>;
  /** Milliseconds since the epoch. */
  readonly #deadline: () => number;
  readonly #watched = new Map<string, { readonly service: Service; readonly container: docker.Container }>();

  /**
   * @param images references by service
   * @param secretValues what must not be shown of the containers' logs
   * @param timeout seconds
   */
  constructor(engine: Engine, images: pulumi.Output<Images>, secretValues: pulumi.Output<string[]>, timeout: number) {
    this.#engine = engine;
    this.#images = images;
    this.#secretValues = secretValues;
    this.#deadline = () => Date.now() + timeout * 1000;
  }

  watch(service: Service, container: docker.Container): void {
    this.#watched.set(service.name, { service, container });
  }

  /** The containers that must be there before a service's own, each as soon as it meets its `depends_on` condition. */
  dependencies(service: Service, also: readonly string[]): pulumi.Input<pulumi.Resource>[] {
    const plain = also.filter((name) => !(name in service.dependsOn)).map((name) => this.#container(name));
    return [
      ...plain,
      ...Object.entries(service.dependsOn).map(([name, condition]) =>
        condition === "started"
          ? this.#container(name)
          : this.#once([name], () => this.#reaches(name, condition)).apply(() => this.#container(name)),
      ),
    ];
  }

  /** Resolves once every service is released and every endpoint answers; at once in a preview. */
  released(endpoints: readonly Endpoint[]): pulumi.Output<void> {
    return this.#once([...this.#watched.keys()], async () => {
      const outcomes = await Promise.allSettled(
        [...this.#watched.values()].map(async ({ service }) => {
          await this.#reaches(service.name, service.job ? "completed" : "released");
          const own = endpoints.filter((endpoint) => endpoint.service === service.name);
          await Promise.all(own.map((endpoint) => awaitAnswer(endpoint, this.#deadline())));
        }),
      );
      const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
      const unexpected = failures.find((failure) => !(failure instanceof ReleaseError));
      if (unexpected !== undefined) throw unexpected;
      if (failures.length > 0) throw new ReleaseError(failures.map(({ message }) => message).join("\n"));
    });
  }

  #container(name: string): docker.Container {
    return (this.#watched.get(name) as { container: docker.Container }).container;
  }

  async #reaches(name: string, wanted: "healthy" | "completed" | "released"): Promise<void> {
    const { service, container } = this.#watched.get(name) as { service: Service; container: docker.Container };
    const awaited: Awaited = {
      service: name,
      containerId: await resolved(container.id),
      restarts: !service.job && service.restart.policy !== "no",
    };
    if (wanted !== "completed") await startStopped(this.#engine, awaited);
    await awaitContainer(this.#engine, awaited, wanted, this.#deadline());
  }

  /** What to say of a failed release: why, without secrets, and how to go back. */
  #failure({ message }: ReleaseError, secrets: readonly string[], images: Images, before: Images): pulumi.RunError {
    const shown = secrets.reduce((hidden, value) => hidden.replaceAll(value, "[secret]"), message);
    return new pulumi.RunError(`The release did not come up: ${shown}${rollbackHint(images, before)}`);
  }

  /** Do it when the containers are there, and not in a preview; hide secrets that an app may have printed. */
  #once(names: readonly string[], wait: () => Promise<void>): pulumi.Output<void> {
    const ids = pulumi.output(names.map((name) => this.#container(name).id));
    const waited = pulumi.all([this.#secretValues, this.#images, ids]).apply(async ([secrets, images]) => {
      if (pulumi.runtime.isDryRun()) return;
      try {
        await wait();
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        throw this.#failure(error, secrets, images, await lastRelease(pulumi.getStack()));
      }
    });
    return pulumi.unsecret(waited);
  }
}

function resolved(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => output.apply(resolve));
}
