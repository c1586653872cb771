import { randomUUID } from "node:crypto";
import type { Operation as Asked, Failure } from "../../daemon/failures.ts";
import { StoredHandler } from "../../daemon/storedHandler.ts";
import { AwsError } from "../apiError.ts";
import { awsFacts } from "../facts.ts";
import { errorOf } from "../failures.ts";
import type { Kind, Operation, Place, ResourceCloud } from "./kind.ts";

const verbs: Readonly<Record<Operation, string>> = {
  creating: "Create",
  reading: "Describe",
  updating: "Modify",
  deleting: "Delete",
};

/** Keeps the resources of one kind as AWS's APIs and the provider do. */
export class KindHandler extends StoredHandler<ResourceCloud, Place, Kind> {
  constructor(kind: Kind, cloud: ResourceCloud, place: Place) {
    super(awsFacts, kind, cloud, place);
  }

  /** `creating ECS Cluster (web): operation error ECS: CreateCluster, https response error StatusCode: 400, RequestID: ...` */
  protected override worded(doing: Operation, error: unknown, id: string): unknown {
    if (!(error instanceof AwsError)) return error;
    const { api, noun, operations } = this.kind;
    const operation = operations?.[doing] ?? verbs[doing] + noun.replaceAll(" ", "");
    return new Error(
      `${doing} ${api} ${noun} (${id}): operation error ${api}: ${operation}, https response error StatusCode: ` +
        `${error.status}, RequestID: ${randomUUID()}, api error ${error.code}: ${error.message}`,
    );
  }

  protected override conflict(id: string): Error {
    return new AwsError("AlreadyExistsException", `${this.kind.noun} ${id} already exists.`);
  }

  protected override missing(id: string): Error {
    return new AwsError("ResourceNotFoundException", `The ${this.kind.noun.toLowerCase()} '${id}' does not exist.`);
  }

  protected override demanded(failure: Failure, operation: Asked): Error | undefined {
    return errorOf(failure, operation, this.place);
  }

  protected override late({ operation, noun, id }: Asked): string {
    return `waiting for ${this.kind.api} ${noun} (${id}) ${operation}: timeout while waiting for state to become 'ACTIVE'`;
  }

  protected override abandons(_id: string, _inputs: unknown, { skipDestroy }: { skipDestroy?: unknown }): boolean {
    return skipDestroy === true;
  }
}
