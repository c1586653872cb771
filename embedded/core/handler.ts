import type { PackageFacts } from "./facts.ts";
import type { PlainMap } from "./value.ts";

/** What a handler is told besides the inputs. */
export interface Call {
  /** The resource's name in the engine: `urn:pulumi:dev::app::docker:index/network:Network::web`. */
  readonly urn: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Aborted when the user interrupts, or when the time allowed for the operation is over. */
  readonly signal: AbortSignal;
  /** Shows a message to the user, at this resource. */
  log(severity: "debug" | "info" | "warning" | "error", message: string): void;
}

/** A resource as it is in the cloud: the outputs, in the form of the inputs where they are inputs. */
export interface Observed {
  readonly id: string;
  readonly outputs: PlainMap;
  /**
   * Inputs that may have changed behind the program's back, by property, and that did: value as it now is, or null.
   * Only for resources that were read with known inputs.
   */
  readonly drift?: PlainMap;
}

/** How one resource type is kept. Inputs are checked, and free of secrets' marks and bookkeeping. */
export interface ResourceHandler {
  /** @throws {PartialFailure} when something was left behind that must be kept in state. */
  create(inputs: PlainMap, call: Call): Promise<Observed>;
  /** The resource as it is, or undefined when it is gone. `inputs` is undefined at an import. */
  read(id: string, inputs: PlainMap | undefined, outputs: PlainMap, call: Call): Promise<Observed | undefined>;
  /** The inputs of an existing resource, as a program that imports it would write them. */
  importInputs(observed: Observed, call: Call): Promise<PlainMap>;
  /** Absent where every change replaces. */
  update?(id: string, olds: PlainMap, news: PlainMap, outputs: PlainMap, call: Call): Promise<Observed>;
  /** Deletes; a resource that is gone already is no error. */
  delete(id: string, inputs: PlainMap, outputs: PlainMap, call: Call): Promise<void>;
}

export type FunctionHandler = (args: PlainMap, call: Call) => Promise<PlainMap>;

/** What a configured provider can do. */
export interface Configured {
  readonly resources: Readonly<Record<string, ResourceHandler>>;
  readonly functions: Readonly<Record<string, FunctionHandler>>;
}

/** One cloud. */
export interface Provider {
  readonly facts: PackageFacts;
  /** Makes the provider ready; called once for each provider resource of a program. */
  configure(config: PlainMap, call: Pick<Call, "signal" | "log">): Promise<Configured>;
}

/** A creation or update that failed and yet left a resource, which the next run must know of. */
export class PartialFailure extends Error {
  readonly observed: Observed;

  constructor(message: string, observed: Observed) {
    super(message);
    this.name = "PartialFailure";
    this.observed = observed;
  }
}
