import type { PlainMap } from "../../core/value.ts";
import type { Failure, Operation } from "../../daemon/failures.ts";
import { StoredHandler } from "../../daemon/storedHandler.ts";
import { ApiError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import { gcpFacts } from "../facts.ts";
import { errorOf } from "../failures.ts";
import { checkEnabled } from "./apis.ts";
import type { Kind, Place } from "./kind.ts";

/** Keeps the resources of one kind as Google's APIs and the provider do. */
export class KindHandler extends StoredHandler<Cloud, Place, Kind> {
  constructor(kind: Kind, cloud: Cloud, place: Place) {
    super(gcpFacts, kind, cloud, place);
  }

  protected override worded(doing: string, error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    const { code, message, reason } = error;
    return new Error(`Error ${doing} ${this.kind.noun}: googleapi: Error ${code}: ${message}, ${reason}`);
  }

  protected override conflict(id: string): Error {
    return new ApiError(409, `The resource '${id}' already exists`);
  }

  protected override missing(id: string): Error {
    return new ApiError(404, `The resource '${id}' was not found`);
  }

  protected override demanded(failure: Failure, operation: Operation): Error | undefined {
    return errorOf(failure, operation);
  }

  protected override late({ operation, noun }: Operation): string {
    return `Error waiting to ${operation} ${noun}: timeout while waiting for state to become 'DONE'`;
  }

  protected override creatable(id: string, outputs: PlainMap): void {
    const project = outputs.project ?? /^projects\/([^/]+)/.exec(id)?.[1] ?? this.place.project;
    if (this.kind.api && project) checkEnabled(this.cloud.store, this.kind.api, project as string);
  }

  // Each new release of the provider has it on more types.
  protected override abandons(id: string, { deletionPolicy }: PlainMap): boolean {
    if (deletionPolicy === "PREVENT") {
      throw new ApiError(400, `cannot destroy ${id} while its deletion_policy is PREVENT`);
    }
    return deletionPolicy === "ABANDON";
  }

  protected override starts({ error, delay = 0 }: Failure, id: string): boolean {
    if (error !== "die") return false;
    setTimeout(() => void this.cloud.instances.crash(id).catch(() => undefined), delay * 1000).unref();
    return true;
  }
}
