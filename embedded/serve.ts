import { join } from "node:path";
import { parseArgs } from "node:util";
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { Provider } from "./core/handler.ts";
import { ProviderService } from "./core/providerService.ts";

/** Providers by name, loaded only when asked for. Each gets a folder for what it keeps between its runs. */
const providers: Readonly<Record<string, (folder: string) => Promise<Provider>>> = {
  docker: async (folder) => (await import("./docker/provider.ts")).dockerProvider(folder),
  gcp: async (folder) => (await import("./gcp/provider.ts")).gcpProvider(process.env.RETROFIT_CLOUD_FOLDER || folder),
  aws: async (folder) => (await import("./aws/provider.ts")).awsProvider(process.env.RETROFIT_AWS_FOLDER || folder),
};

/** What else a cloud's programs speak to while a command runs. */
const apis: Readonly<Record<string, (folder: string, port: number) => Promise<unknown>>> = {
  "aws-api": async (folder, port) => {
    const [{ serveApi }, { awsClient }] = await Promise.all([import("./aws/api/front.ts"), import("./aws/client.ts")]);
    const { RETROFIT_AWS_FOLDER, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
    if (!accessKeyId || !secretAccessKey) {
      throw new Error("aws-api needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: any, with which the program signs");
    }
    const client = awsClient(RETROFIT_AWS_FOLDER || join(folder, "aws"));
    await serveApi({ client, port, accessKeyId, secretAccessKey });
  },
};

const usage =
  "usage: node embedded/serve.ts [--state=<folder>] <name>=<port> ...   " +
  `names: ${[...Object.keys(providers), ...Object.keys(apis)].join(", ")}; state: .retrofit/embedded of this checkout`;

/** Serves one provider on 127.0.0.1. */
async function serve(name: string, port: number, state: string): Promise<ProviderService> {
  const load = providers[name];
  if (load === undefined) throw new Error(`no provider ${name}; ${usage}`);
  const service = new ProviderService(await load(join(state, name)));
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(services.ResourceProviderService, service.implementation());
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(new Error(`the ${name} provider cannot listen on port ${port}: ${reason(error)}`)) : resolve(),
    );
  });
  return service;
}

function reason({ message }: Error): string {
  return message.includes("EADDRINUSE") ? "something else does" : message;
}

async function main(): Promise<void> {
  // What matters is thrown; the library's own lines say it twice.
  setLogVerbosity(logVerbosity.NONE);
  const state = { type: "string", default: join(import.meta.dirname, "..", ".retrofit", "embedded") } as const;
  const { values, positionals } = parseArgs({ options: { state }, allowPositionals: true });
  const wanted = positionals.map((positional) => /^([a-z-]+)=(\d+)$/.exec(positional));
  if (wanted.length === 0 || wanted.includes(null)) throw new Error(usage);
  const named = wanted.map((match) => ({ name: match?.[1] as string, port: Number(match?.[2]) }));
  await Promise.all(named.map(({ name, port }) => apis[name]?.(values.state, port)));
  const running = await Promise.all(
    named.flatMap(({ name, port }) => (name in apis ? [] : [serve(name, port, values.state)])),
  );
  // Whoever started this holds its stdin: when they are gone, so is this, once what is under way has cleaned up.
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    for (const { operations } of running) operations.abort();
    const patience = new Promise((resolve) => setTimeout(resolve, 10_000));
    await Promise.race([Promise.all(running.map(({ operations }) => operations.idle())), patience]);
    process.exit(0);
  };
  process.stdin.resume().on("end", end).on("error", end);
  process.on("SIGTERM", end).on("SIGINT", end);
  process.stdout.write("ready\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
