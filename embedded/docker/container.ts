import { buffer } from "node:stream/consumers";
import type { Container, ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { type Call, type Observed, PartialFailure, type ResourceHandler } from "../core/handler.ts";
import type { Plain, PlainMap } from "../core/value.ts";
import { explained } from "./containerErrors.ts";
import { importedInputs } from "./containerImport.ts";
import { logText, readLogs } from "./containerLogs.ts";
import { type ContainerInputs, containerSpec, endpoint, updatableResources } from "./containerSpec.ts";
import { containerDrift, containerOutputs } from "./containerState.ts";
import { ask, type Engine, EngineError, found, sleep } from "./engine.ts";
import { ensureImage, findImage } from "./images.ts";
import { creationLabel, type Journal } from "./journal.ts";
import { uploadArchive } from "./uploads.ts";

/** A container. One that cannot be brought up is removed again, so that a failure leaves nothing behind. */
export class ContainerHandler implements ResourceHandler {
  readonly #engine: Engine;
  readonly #journal: Journal;

  constructor(engine: Engine, journal: Journal) {
    this.#engine = engine;
    this.#journal = journal;
  }

  async create(raw: PlainMap, call: Call): Promise<Observed> {
    const inputs = raw as unknown as ContainerInputs;
    const name = inputs.name as string;
    if (inputs.attach && inputs.mustRun !== false) {
      throw new Error(
        `the container ${name} is to run to its end (attach), so it must not have to run; set mustRun to false`,
      );
    }
    const archive = inputs.uploads?.length ? await uploadArchive(inputs.uploads) : undefined;
    await ensureImage(this.#engine, inputs.image, inputs.platform, call);
    const token = this.#journal.begin(this.#engine);
    try {
      const container = await this.#ask(() =>
        this.#engine.docker.createContainer(labelled(containerSpec(inputs), token)),
      );
      try {
        await this.#prepare(container, inputs, archive);
        if (inputs.start === false) return await this.#observed(container, raw);
        if (inputs.attach) return await this.#runToEnd(container, raw, call);
        await this.#ask(() => container.start());
        if (inputs.wait) await this.#untilHealthy(container, inputs, call);
        else await this.#settle(container, inputs, call);
        return await this.#observed(container, raw);
      } catch (error) {
        const reason = await explained(this.#engine, name, error);
        await this.#remove(container, inputs).catch((failure: Error) => {
          const message = `${reason.message}; nor could it be removed again: ${failure.message}`;
          throw new PartialFailure(message, { id: container.id, outputs: {} });
        });
        throw reason;
      }
    } catch (error) {
      throw await explained(this.#engine, name, error);
    } finally {
      this.#journal.end(token);
    }
  }

  async read(id: string, inputs: PlainMap | undefined, outputs: PlainMap): Promise<Observed | undefined> {
    const info = await found(this.#engine, () => this.#engine.docker.getContainer(id).inspect());
    if (info === undefined) return undefined;
    const logs = outputs.containerLogs;
    const observed = {
      id: info.Id,
      outputs: { ...containerOutputs(info, inputs ?? {}), ...(logs === undefined ? {} : { containerLogs: logs }) },
    };
    return inputs === undefined ? observed : { ...observed, drift: containerDrift(inputs, info) };
  }

  async importInputs({ id }: Observed): Promise<PlainMap> {
    const info = await this.#ask(() => this.#engine.docker.getContainer(id).inspect());
    return importedInputs(info, await findImage(this.#engine, info.Image));
  }

  async update(id: string, olds: PlainMap, news: PlainMap, outputs: PlainMap, call: Call): Promise<Observed> {
    const container = this.#engine.docker.getContainer(id);
    const inputs = news as unknown as ContainerInputs;
    try {
      const before = await this.#ask(() => container.inspect());
      const wanted = updatableResources(inputs);
      if (JSON.stringify(wanted) !== JSON.stringify(updatableResources(olds as unknown as ContainerInputs))) {
        await this.#ask(() => container.update({ ...wanted, ...swapFor(inputs, before) }));
      }
      if (inputs.mustRun !== false && inputs.start !== false && !before.State.Running) {
        await this.#ask(() => container.start());
        await this.#settle(container, inputs, call);
      }
      return await this.#observed(container, news, outputs.containerLogs);
    } catch (error) {
      throw await explained(this.#engine, inputs.name ?? id, error);
    }
  }

  async delete(id: string, inputs: PlainMap, _outputs: PlainMap, _call: Call): Promise<void> {
    await this.#remove(this.#engine.docker.getContainer(id), inputs as unknown as ContainerInputs);
  }

  async #prepare(container: Container, inputs: ContainerInputs, archive: Buffer | undefined): Promise<void> {
    await this.#connect(container, inputs);
    if (archive !== undefined) await this.#ask(() => container.putArchive(archive, { path: "/" }));
  }

  /** A job. With `rm` it is gone when it has ended, so everything that is to be known is asked before. */
  async #runToEnd(container: Container, raw: PlainMap, call: Call): Promise<Observed> {
    const inputs = raw as unknown as ContainerInputs;
    const written = inputs.logs
      ? buffer(await this.#ask(() => container.attach({ stream: true, stdout: true, stderr: true })))
      : undefined;
    const end = this.#ask(() => container.wait({ condition: "next-exit" })) as Promise<{ StatusCode: number }>;
    end.catch(() => undefined);
    await this.#ask(() => container.start());
    const before = await found(this.#engine, () => container.inspect());
    const { StatusCode: exitCode } = await interruptible(end, call.signal);
    const info = (await found(this.#engine, () => container.inspect())) ?? before;
    const log = written && logText(await written, inputs.tty === true);
    const outputs = info === undefined ? {} : containerOutputs(info, raw);
    return {
      id: container.id,
      outputs: { ...outputs, exitCode, ...(log === undefined ? {} : { containerLogs: log }) },
    };
  }

  async #connect(container: Container, inputs: ContainerInputs): Promise<void> {
    const networks = (inputs.networksAdvanced ?? []).filter(({ name }) => name !== inputs.networkMode);
    if (networks.length === 0) return;
    const { docker } = this.#engine;
    const { networkMode = "bridge" } = inputs;
    if (networkMode === "bridge" || networkMode === "default") {
      await this.#ask(() => docker.getNetwork("bridge").disconnect({ Container: container.id }));
    }
    for (const network of networks) {
      await this.#ask(() =>
        docker.getNetwork(network.name).connect({ Container: container.id, EndpointConfig: endpoint(network) }),
      );
    }
  }

  /** A container that must run and ends at once was not brought up. */
  async #settle(container: Container, inputs: ContainerInputs, call: Call): Promise<void> {
    if (inputs.mustRun === false) return;
    await sleep(100, call.signal);
    const info = await this.#ask(() => container.inspect());
    if (!info.State.Running) throw await this.#ended(container, info, inputs);
  }

  async #untilHealthy(container: Container, inputs: ContainerInputs, call: Call): Promise<void> {
    const { name, waitTimeout = 60 } = inputs;
    const deadline = Date.now() + waitTimeout * 1000;
    for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
      const info = await this.#ask(() => container.inspect());
      const health = info.State.Health;
      if (!info.State.Running) throw await this.#ended(container, info, inputs);
      if (health === undefined) {
        throw new Error(`the container ${name} has no health check to wait for; give it one, or set wait to false`);
      }
      if (health.Status === "healthy") return;
      if (Date.now() + pause > deadline) {
        const last = health.Log?.at(-1)?.Output?.trim();
        const lines = await this.#lastLines(container, inputs);
        throw new Error(
          `the container ${name} did not become healthy in ${waitTimeout} s (waitTimeout)` +
            `${last ? `; its last check said: ${last}` : ""}${lines}`,
        );
      }
      await sleep(pause, call.signal);
    }
  }

  async #ended(container: Container, info: ContainerInspectInfo, inputs: ContainerInputs): Promise<Error> {
    const { ExitCode, OOMKilled, Error: reason } = info.State;
    const why = OOMKilled ? " (out of memory)" : reason ? ` (${reason})` : "";
    const lines = await this.#lastLines(container, inputs);
    return new Error(`the container ${inputs.name} ended at once with exit code ${ExitCode}${why}${lines}`);
  }

  async #lastLines(container: Container, inputs: ContainerInputs): Promise<string> {
    const log = await readLogs(container, inputs.tty === true, 20).catch(() => "");
    return log.trim() === "" ? "; it wrote no log" : `; the end of its log:\n${log.trimEnd()}`;
  }

  async #observed(container: Container, inputs: PlainMap, logs?: Plain): Promise<Observed> {
    const info = await this.#ask(() => container.inspect());
    const containerLogs: PlainMap = logs === undefined ? {} : { containerLogs: logs };
    return { id: info.Id, outputs: { ...containerOutputs(info, inputs), ...containerLogs } };
  }

  async #remove(container: Container, inputs: ContainerInputs): Promise<void> {
    if (!inputs.attach) {
      await found(this.#engine, () => container.stop({ t: inputs.destroyGraceSeconds ?? 0 })).catch(ignoreNotRunning);
    }
    const options = { force: true, v: inputs.removeVolumes !== false };
    await found(this.#engine, () => container.remove(options)).catch((error: unknown) => {
      if (!(error instanceof EngineError && /is already in progress/.test(error.message))) throw error;
    });
    const deadline = Date.now() + 30_000;
    while ((await found(this.#engine, () => container.inspect())) !== undefined) {
      if (Date.now() > deadline) throw new Error(`the engine does not finish removing the container ${inputs.name}`);
      await sleep(100, new AbortController().signal);
    }
  }

  #ask<T>(request: () => Promise<T>): Promise<T> {
    return ask(this.#engine, request);
  }
}

/** Name and platform belong into the address of the request, and nothing else, above all no environment. */
function labelled({ name, platform, ...spec }: ContainerCreateOptions, token: string): ContainerCreateOptions {
  const query = { ...(name === undefined ? {} : { name }), ...(platform === undefined ? {} : { platform }) };
  return {
    _query: query,
    _body: { ...spec, Labels: { ...spec.Labels, [creationLabel]: token } },
  } as ContainerCreateOptions;
}

/** Stopping what does not run is no error. */
function ignoreNotRunning(error: unknown): void {
  if (error instanceof EngineError && (error.status === 304 || /is not running/.test(error.message))) return;
  throw error;
}

/** Raising the memory above the swap limit that the engine chose by itself needs that limit raised too. */
function swapFor(inputs: ContainerInputs, before: ContainerInspectInfo): { MemorySwap?: number } {
  const { memory, memorySwap } = inputs;
  if (memory === undefined || memorySwap !== undefined || (before.HostConfig.MemorySwap ?? 0) <= 0) return {};
  return { MemorySwap: 2 * memory * 1024 * 1024 };
}

async function interruptible<T>(action: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    action.then(resolve, reject);
  });
}
