import type { PlainMap } from "../core/value.ts";
import { Store as BaseStore } from "../daemon/store.ts";
import type { Records } from "./runtime/model.ts";

interface Own {
  /** What has been counted so far, by name: revisions of a family. */
  counters: Record<string, number>;
}

/** All that the cloud knows of its resources. */
export class Store extends BaseStore<Own> {
  constructor(file: string) {
    super(file, { counters: {} });
  }

  /** The next number of a count, from 1: none is given twice. */
  count(name: string): number {
    const next = (this.state.counters[name] ?? 0) + 1;
    this.state.counters[name] = next;
    this.write(name);
    return next;
  }
}

/** A table of a store of its own, so that what runs does not rewrite all resources. */
export function recordsOf<T>(store: BaseStore, name: string): Records<T> {
  return {
    get: (id) => store.get(name, id) as T | undefined,
    all: () => store.all(name).map(([, value]) => value as T),
    put: (id, value) => store.put(name, id, value as PlainMap),
    remove: (id) => store.remove(name, id),
  };
}
