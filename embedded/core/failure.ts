import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import errors from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { toStruct, type ValueMap } from "./value.ts";

/** A failure as the engine shows it: the message alone, without a stack trace. */
export function failure(error: unknown): Partial<ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  return { code: status.UNKNOWN, details: message, metadata: new Metadata() };
}

/** A failure that left a resource, with what is to be kept of it in state. */
export function partialFailure(message: string, id: string, state: ValueMap, inputs: ValueMap): Partial<ServiceError> {
  const detail = new errors.ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toStruct(state));
  detail.setInputs(toStruct(inputs));
  detail.setReasonsList([message]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const response = new statusMessages.Status();
  response.setCode(status.UNKNOWN);
  response.setMessage(message);
  response.addDetails(packed);
  // Go's gRPC reads structured details from this trailer; grpc-js has no name for it.
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(response.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}

export function isServiceError(error: unknown): error is Partial<ServiceError> {
  return typeof error === "object" && error !== null && "metadata" in error && "code" in error;
}
