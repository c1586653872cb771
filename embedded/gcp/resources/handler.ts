import { propertyFacts } from "../../core/facts.ts";
import { type Call, type Observed, PartialFailure, type ResourceHandler } from "../../core/handler.ts";
import { type PlainMap, same } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import { gcpFacts } from "../facts.ts";
import { errorOf, type Failure, Failures } from "../failures.ts";
import { checkEnabled } from "./apis.ts";
import type { Kind, Place, Scope } from "./kind.ts";

/** Keeps the resources of one kind in the cloud's store, and has the kind do what stands behind them. */
export class KindHandler implements ResourceHandler {
  readonly #kind: Kind;
  readonly #cloud: Cloud;
  readonly #place: Place;
  readonly #failures: Failures;

  constructor(kind: Kind, cloud: Cloud, place: Place) {
    this.#kind = kind;
    this.#cloud = cloud;
    this.#place = place;
    this.#failures = new Failures(cloud.failuresFile);
  }

  create(inputs: PlainMap, call: Call): Promise<Observed> {
    return this.#saying("creating", async () => {
      const { type, id: idOf } = this.#kind;
      const { store } = this.#cloud;
      const scope = this.#scope(call);
      const outputs = this.#kind.outputs(inputs, scope);
      const id = idOf(outputs);
      const late = await this.#fail("create", id, call);
      const project = outputs.project ?? /^projects\/([^/]+)/.exec(id)?.[1] ?? this.#place.project;
      if (this.#kind.api && project) checkEnabled(store, this.#kind.api, project as string);
      if (store.get(type, id)) throw new ApiError(409, `The resource '${id}' already exists`);
      const settled = { ...outputs, ...(await this.#make(id, outputs, scope, inputs)) };
      if (late)
        throw new PartialFailure(`Error waiting to create ${this.#kind.noun}: ${late}`, { id, outputs: settled });
      return { id, outputs: settled };
    });
  }

  async read(id: string, inputs: PlainMap | undefined, _outputs: PlainMap, call: Call): Promise<Observed | undefined> {
    return this.#saying("reading", async () => {
      await this.#fail("read", id, call);
      const kept = this.#cloud.store.get(this.#kind.type, id);
      const outputs = kept && this.#kind.live ? await this.#kind.live(id, kept, this.#scope(call)) : kept;
      if (kept === undefined || outputs === undefined) return undefined;
      return {
        id,
        outputs,
        ...(inputs === undefined ? {} : { drift: drift(outputs, inputs, this.#scope(call), this.#kind) }),
      };
    });
  }

  /** What a program would write: the outputs that are inputs, without what would come about by itself. */
  async importInputs({ outputs }: Observed): Promise<PlainMap> {
    const facts = gcpFacts.resources[this.#kind.type]?.inputs ?? {};
    return Object.fromEntries(
      Object.entries(outputs).filter(([key, value]) => {
        const property = facts[key] && propertyFacts(facts[key]);
        if (!property || property.unsupported || value === null || value === "" || same(value, property.def))
          return false;
        return !(Array.isArray(value)
          ? value.length === 0
          : typeof value === "object" && Object.keys(value).length === 0);
      }),
    );
  }

  update(id: string, _olds: PlainMap, news: PlainMap, _outputs: PlainMap, call: Call): Promise<Observed> {
    return this.#saying("updating", async () => {
      const { store } = this.#cloud;
      const before = store.get(this.#kind.type, id);
      if (before === undefined) throw new ApiError(404, `The resource '${id}' was not found`);
      const scope = this.#scope(call);
      const outputs = this.#kind.outputs(news, scope, before);
      const late = await this.#fail("update", id, call);
      store.put(this.#kind.type, id, this.#shown(outputs));
      try {
        await this.#kind.updated?.(id, outputs, before, scope);
      } catch (error) {
        store.put(this.#kind.type, id, before);
        throw error;
      }
      if (late) throw new PartialFailure(`Error waiting to update ${this.#kind.noun}: ${late}`, { id, outputs });
      return { id, outputs: (await this.#kind.live?.(id, outputs, scope)) ?? outputs };
    });
  }

  delete(id: string, inputs: PlainMap, _outputs: PlainMap, call: Call): Promise<void> {
    return this.#saying("deleting", async () => {
      const { store } = this.#cloud;
      const kept = store.get(this.#kind.type, id);
      if (kept === undefined) return;
      await this.#fail("delete", id, call);
      // Each new release of the provider has it on more types.
      if (inputs.deletionPolicy === "PREVENT") {
        throw new ApiError(400, `cannot destroy ${id} while its deletion_policy is PREVENT`);
      }
      if (inputs.deletionPolicy === "ABANDON") return;
      await this.#kind.deleting?.(id, kept, this.#scope(call));
      store.remove(this.#kind.type, id);
      await this.#kind.deleted?.(id, kept, this.#scope(call));
    });
  }

  async #make(id: string, outputs: PlainMap, scope: Scope, inputs: PlainMap): Promise<PlainMap | undefined> {
    const { store } = this.#cloud;
    store.put(this.#kind.type, id, this.#shown(outputs));
    try {
      const more = await this.#kind.created?.(id, outputs, scope, inputs);
      if (more) store.put(this.#kind.type, id, this.#shown({ ...outputs, ...more }));
      return more;
    } catch (error) {
      // As in the cloud, what could not be made is not there.
      store.remove(this.#kind.type, id);
      throw error;
    }
  }

  #shown(outputs: PlainMap): PlainMap {
    return Object.fromEntries(Object.entries(outputs).filter(([key]) => !this.#kind.hidden?.includes(key)));
  }

  /** Fails on demand: now, or with the message that it gives, once the operation has had its effect. */
  async #fail(operation: Failure["operation"], id: string, call: Call): Promise<string | undefined> {
    const { type, noun } = this.#kind;
    const about = { type, noun, urn: call.urn, id, operation };
    const failure = this.#failures.take(about);
    if (failure === undefined) return undefined;
    const { delay = 0, error } = failure;
    if (error === "die") {
      setTimeout(() => void this.#cloud.instances.crash(id).catch(() => undefined), delay * 1000).unref();
      return undefined;
    }
    await sleep(delay * 1000, call.signal);
    if (error === "timeout") return "timeout while waiting for state to become 'DONE'";
    const thrown = errorOf(failure, about);
    if (thrown) throw thrown;
    return undefined;
  }

  #scope(call: Call): Scope {
    return { cloud: this.#cloud, place: this.#place, call };
  }

  /** Errors in the provider's own words. */
  async #saying<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new Error(
        `Error ${doing} ${this.#kind.noun}: googleapi: Error ${error.code}: ${error.message}, ${error.reason}`,
      );
    }
  }
}

/** Inputs that are no longer as the program wants them: those for which the same inputs would now give other outputs. */
function drift(now: PlainMap, inputs: PlainMap, scope: Scope, kind: Kind): PlainMap {
  let wanted: PlainMap;
  try {
    wanted = kind.outputs(inputs, scope, now);
  } catch {
    return {}; // what it refers to is gone: the next update will say so
  }
  return Object.fromEntries(
    Object.keys(inputs)
      .filter((key) => !kind.hidden?.includes(key) && !same(wanted[key] ?? null, now[key] ?? null))
      .map((key) => [key, now[key] ?? null]),
  );
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
