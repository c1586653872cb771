import type { VolumeInspectInfo } from "dockerode";
import type { Call, Observed, ResourceHandler } from "../core/handler.ts";
import { type PlainMap, same } from "../core/value.ts";
import { ask, type Engine, EngineError, found, whileInUse } from "./engine.ts";
import { labelList, labelMap } from "./labels.ts";
import { withoutEmpty } from "./plain.ts";

/** A named volume of the engine. Its id is its name, so one of other making may have taken its place. */
export class VolumeHandler implements ResourceHandler {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async create(inputs: PlainMap): Promise<Observed> {
    const name = inputs.name as string;
    // The engine would hand over the existing one, and with the stack its data would go.
    if (await found(this.#engine, () => this.#engine.docker.getVolume(name).inspect())) {
      throw new Error(`a volume named ${name} exists already; import it to take it over, or choose another name`);
    }
    try {
      await ask(this.#engine, () =>
        this.#engine.docker.createVolume({
          Name: name,
          Labels: labelMap(inputs.labels),
          DriverOpts: (inputs.driverOpts ?? {}) as Record<string, string>,
          ...(inputs.driver === undefined ? {} : { Driver: inputs.driver as string }),
        }),
      );
    } catch (error) {
      if (error instanceof EngineError) throw new Error(`the volume ${name} could not be created: ${error.message}`);
      throw error;
    }
    return observed(await ask(this.#engine, () => this.#engine.docker.getVolume(name).inspect()));
  }

  async read(id: string, inputs: PlainMap | undefined): Promise<Observed | undefined> {
    const volume = await found(this.#engine, () => this.#engine.docker.getVolume(id).inspect());
    if (volume === undefined) return undefined;
    const now = observed(volume);
    return inputs === undefined ? now : { ...now, drift: drift(inputs, now.outputs) };
  }

  async importInputs({ outputs }: Observed): Promise<PlainMap> {
    const { mountpoint: _mountpoint, ...inputs } = outputs;
    return withoutEmpty(inputs);
  }

  async delete(id: string, _inputs: PlainMap, _outputs: PlainMap, call: Call): Promise<void> {
    const remove = () => found(this.#engine, () => this.#engine.docker.getVolume(id).remove({ force: true }));
    const inUse = (error: unknown) => error instanceof EngineError && /volume is in use/.test(error.message);
    try {
      await whileInUse(async () => void (await remove()), inUse, call.signal);
    } catch (error) {
      if (!inUse(error)) throw error;
      const holders = await this.#engine.docker.listContainers({ all: true, filters: { volume: [id] } });
      const names = holders.map(({ Names, Id }) => Names[0]?.slice(1) ?? Id).join(", ");
      throw new Error(
        `the volume ${id} is still used by ${names || "a container"}; remove what uses it, then try again`,
      );
    }
  }
}

function drift(inputs: PlainMap, now: PlainMap): PlainMap {
  const changed: PlainMap = {};
  if (inputs.driver !== undefined && inputs.driver !== now.driver) changed.driver = now.driver ?? null;
  if (!same(labelMap(inputs.labels), labelMap(now.labels))) changed.labels = now.labels ?? null;
  if (!same(inputs.driverOpts ?? {}, now.driverOpts ?? {})) changed.driverOpts = now.driverOpts ?? null;
  return changed;
}

function observed(volume: VolumeInspectInfo): Observed {
  return {
    id: volume.Name,
    outputs: {
      name: volume.Name,
      driver: volume.Driver,
      driverOpts: volume.Options ?? {},
      labels: labelList(volume.Labels),
      mountpoint: volume.Mountpoint,
    },
  };
}
