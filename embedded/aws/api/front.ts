import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Client } from "../../daemon/client.ts";
import { AwsError } from "../apiError.ts";
import { defaultAccount } from "../provider.ts";
import type { ApiRequest, ApiResponse } from "./request.ts";
import { checkSignature } from "./signature.ts";

/** Bytes. */
const largest = 8 * 1024 * 1024;

export interface FrontOptions {
  readonly client: Pick<Client, "ask">;
  /** On 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** What requests must be signed with. An access key id of 12 digits says the account. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Listens for calls of AWS's JSON APIs, and has the daemon answer those that are signed with the right key: it runs containers, which is
 * not for everybody on this machine.
 */
export async function serveApi(options: FrontOptions): Promise<Server> {
  const server = createServer((request, response) => void handle(request, response, options));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, "127.0.0.1", resolve);
  });
  return server;
}

async function handle(request: IncomingMessage, response: ServerResponse, options: FrontOptions): Promise<void> {
  let answer: ApiResponse;
  try {
    answer = await pass(request, options);
  } catch (error) {
    const { code, status } = error instanceof AwsError ? error : new AwsError("ServerException", "", 500);
    answer = { status, body: JSON.stringify({ __type: code, message: (error as Error).message }) };
  }
  response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": randomUUID() });
  response.end(answer.body);
}

async function pass(
  request: IncomingMessage,
  { client, accessKeyId, secretAccessKey }: FrontOptions,
): Promise<ApiResponse> {
  const { method = "", url = "/", headers } = request;
  const body = await bodyOf(request);
  const { region } = checkSignature({ method, url, headers, body }, (id) =>
    id === accessKeyId ? secretAccessKey : undefined,
  );
  const asked: ApiRequest = {
    target: String(headers["x-amz-target"] ?? ""),
    body: body.toString(),
    region,
    account: /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccount,
  };
  return (await client.ask({ kind: "control", command: "api", args: [JSON.stringify(asked)] })) as ApiResponse;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largest)
      throw new AwsError("RequestEntityTooLargeException", "Request payload size exceeds the limit.", 413);
  }
  return Buffer.concat(chunks);
}
