import { credentials, Metadata } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import type { Call } from "./handler.ts";

const { LogSeverity } = messages;
const severities = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
} as const;

/** Messages to the user through one engine. Failing to show one is no failure of the operation. */
export class EngineLog {
  readonly #client: InstanceType<typeof services.EngineClient>;

  /** @param address host and port of the engine, as it gave them when it attached. */
  constructor(address: string) {
    this.#client = new services.EngineClient(address, credentials.createInsecure());
  }

  log(urn: string, severity: Parameters<Call["log"]>[0], message: string): void {
    const request = new messages.LogRequest();
    request.setSeverity(severities[severity]);
    request.setUrn(urn);
    request.setMessage(message);
    // A status line of one resource while it is worked on, not part of the record.
    request.setEphemeral(severity === "info");
    this.#client.log(request, new Metadata(), { deadline: Date.now() + 5000 }, () => undefined);
  }

  close(): void {
    this.#client.close();
  }
}
