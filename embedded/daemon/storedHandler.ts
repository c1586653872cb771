import { type PackageFacts, propertyFacts } from "../core/facts.ts";
import { type Call, type Observed, PartialFailure, type ResourceHandler } from "../core/handler.ts";
import { type PlainMap, same } from "../core/value.ts";
import { type Failure, Failures, type Operation } from "./failures.ts";
import type { Kind, Scope, StoredCloud } from "./kind.ts";

/** Keeps the resources of one kind in a cloud's store, and has the kind do what stands behind them. */
export abstract class StoredHandler<Cloud extends StoredCloud, Place, Own extends Kind<Cloud, Place>>
  implements ResourceHandler
{
  protected readonly kind: Own;
  protected readonly cloud: Cloud;
  protected readonly place: Place;
  readonly #facts: PackageFacts;
  readonly #failures: Failures;

  constructor(facts: PackageFacts, kind: Own, cloud: Cloud, place: Place) {
    this.#facts = facts;
    this.kind = kind;
    this.cloud = cloud;
    this.place = place;
    this.#failures = new Failures(cloud.failuresFile);
  }

  /** An error in the provider's own words. @param doing such as `creating` */
  protected abstract worded(doing: string, error: unknown, id: string): unknown;
  protected abstract conflict(id: string): Error;
  protected abstract missing(id: string): Error;
  /** The error that a failure on demand stands for; undefined where it only delays. */
  protected abstract demanded(failure: Failure, operation: Operation): Error | undefined;
  /** Message of an operation that has its effect and yet fails. */
  protected abstract late(operation: Operation): string;
  /** What is in the way of a creation. */
  protected creatable?(id: string, outputs: PlainMap): void;
  /** Whether a deletion only forgets. @throws when it is not allowed */
  protected abandons?(id: string, inputs: PlainMap, outputs: PlainMap): boolean;
  /** Whether the failure is another one, which it starts. */
  protected starts?(failure: Failure, id: string): boolean;

  create(inputs: PlainMap, call: Call): Promise<Observed> {
    return this.#saying("creating", call.name, async () => {
      const scope = this.#scope(call);
      const outputs = this.kind.outputs(inputs, scope);
      const id = this.kind.id(outputs);
      const late = await this.#fail("create", id, call);
      this.creatable?.(id, outputs);
      const key = this.kind.key?.(outputs) ?? id;
      if (this.cloud.store.get(this.kind.type, key) && !this.kind.shared) throw this.conflict(id);
      const settled = { ...outputs, ...(await this.#make(key, outputs, scope, inputs)) };
      if (late) throw new PartialFailure(late, { id, outputs: settled });
      return { id, outputs: settled };
    });
  }

  async read(id: string, inputs: PlainMap | undefined, known: PlainMap, call: Call): Promise<Observed | undefined> {
    return this.#saying("reading", id, async () => {
      await this.#fail("read", id, call);
      const scope = this.#scope(call);
      const key = inputs === undefined ? (this.kind.imported?.(id, scope) ?? id) : this.#key(id, known);
      const kept = this.cloud.store.get(this.kind.type, key);
      const outputs = kept && this.kind.live ? await this.kind.live(key, kept, scope) : kept;
      if (kept === undefined || outputs === undefined) return undefined;
      return {
        id: inputs === undefined ? this.kind.id(outputs) : id,
        outputs,
        ...(inputs === undefined ? {} : { drift: drift(outputs, inputs, scope, this.kind) }),
      };
    });
  }

  /** What a program would write: the outputs that are inputs, without what would come about by itself. */
  async importInputs({ outputs }: Observed): Promise<PlainMap> {
    const facts = this.#facts.resources[this.kind.type]?.inputs ?? {};
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

  update(id: string, _olds: PlainMap, news: PlainMap, known: PlainMap, call: Call): Promise<Observed> {
    return this.#saying("updating", id, async () => {
      const { kind, cloud } = this;
      const key = this.#key(id, known);
      const before = cloud.store.get(kind.type, key);
      if (before === undefined) throw this.missing(id);
      const scope = this.#scope(call);
      const outputs = kind.outputs(news, scope, before);
      const late = await this.#fail("update", id, call);
      cloud.store.put(kind.type, key, this.#shown(outputs));
      try {
        await kind.updated?.(key, outputs, before, scope);
      } catch (error) {
        cloud.store.put(kind.type, key, before);
        throw error;
      }
      if (late) throw new PartialFailure(late, { id, outputs });
      return { id, outputs: (await kind.live?.(key, outputs, scope)) ?? outputs };
    });
  }

  delete(id: string, inputs: PlainMap, known: PlainMap, call: Call): Promise<void> {
    return this.#saying("deleting", id, async () => {
      const { kind, cloud } = this;
      const key = this.#key(id, known);
      const kept = cloud.store.get(kind.type, key);
      if (kept === undefined) return;
      await this.#fail("delete", id, call);
      if (this.abandons?.(id, inputs, kept)) return;
      await kind.deleting?.(key, kept, this.#scope(call));
      cloud.store.remove(kind.type, key);
      await kind.deleted?.(key, kept, this.#scope(call));
    });
  }

  /** @param known outputs in the program's state */
  #key(id: string, known: PlainMap): string {
    return Object.keys(known).length === 0 ? id : (this.kind.key?.(known) ?? id);
  }

  async #make(key: string, outputs: PlainMap, scope: Scope<Cloud, Place>, inputs: PlainMap) {
    const { kind, cloud } = this;
    cloud.store.put(kind.type, key, this.#shown(outputs));
    try {
      const more = await kind.created?.(key, outputs, scope, inputs);
      if (more) cloud.store.put(kind.type, key, this.#shown({ ...outputs, ...more }));
      return more;
    } catch (error) {
      // As in the cloud, what could not be made is not there.
      cloud.store.remove(kind.type, key);
      throw error;
    }
  }

  #shown(outputs: PlainMap): PlainMap {
    return Object.fromEntries(Object.entries(outputs).filter(([key]) => !this.kind.hidden?.includes(key)));
  }

  /** Fails on demand: now, or with the message that it gives, once the operation has had its effect. */
  async #fail(operation: string, id: string, call: Call): Promise<string | undefined> {
    const { type, noun } = this.kind;
    const about = { type, noun, urn: call.urn, id, operation };
    const failure = this.#failures.take(about);
    if (failure === undefined || this.starts?.(failure, id)) return undefined;
    await sleep((failure.delay ?? 0) * 1000, call.signal);
    if (failure.error === "timeout") return this.late(about);
    const thrown = this.demanded(failure, about);
    if (thrown) throw thrown;
    return undefined;
  }

  #scope(call: Call): Scope<Cloud, Place> {
    return { cloud: this.cloud, place: this.place, call };
  }

  async #saying<T>(doing: string, id: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw error instanceof PartialFailure ? error : this.worded(doing, error, id);
    }
  }
}

/** Inputs that are no longer as the program wants them: those for which the same inputs would now give other outputs. */
function drift<Cloud, Place>(
  now: PlainMap,
  inputs: PlainMap,
  scope: Scope<Cloud, Place>,
  kind: Kind<Cloud, Place>,
): PlainMap {
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
