import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { Provider } from "./core/handler.ts";
import { ProviderService } from "./core/providerService.ts";

/** What a provider keeps between its runs; a folder of the checkout that git ignores. */
const folder = join(import.meta.dirname, "..", ".retrofit", "embedded");

/** Providers by name, loaded only when asked for. */
const providers: Readonly<Record<string, () => Promise<Provider>>> = {
  docker: async () => (await import("./docker/provider.ts")).dockerProvider(join(folder, "docker")),
};

const usage = "usage: node embedded/serve.ts <name>=<port> ...   names: ";

/** Serves one provider on 127.0.0.1. */
async function serve(name: string, port: number): Promise<ProviderService> {
  const load = providers[name];
  if (load === undefined) throw new Error(`no provider ${name}. ${usage}${Object.keys(providers).join(", ")}`);
  const service = new ProviderService(await load());
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(services.ResourceProviderService, service.implementation());
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(new Error(`the ${name} provider cannot listen: ${error.message}`)) : resolve(),
    );
  });
  return service;
}

async function main(args: readonly string[]): Promise<void> {
  const wanted = args.map((arg) => /^(\w+)=(\d+)$/.exec(arg) ?? undefined);
  if (wanted.length === 0 || wanted.includes(undefined))
    throw new Error(`${usage}${Object.keys(providers).join(", ")}`);
  const services = await Promise.all(wanted.map((match) => serve(match?.[1] ?? "", Number(match?.[2]))));
  process.stdout.write("ready\n");

  // Whoever started this holds its stdin: when they are gone, so is this, once what is under way has cleaned up.
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    for (const service of services) service.operations.abort();
    await Promise.race([
      Promise.all(services.map((service) => service.operations.idle())),
      new Promise((resolve) => setTimeout(resolve, 10_000)),
    ]);
    process.exit(0);
  };
  process.stdin.resume().on("end", end).on("error", end);
  process.on("SIGTERM", end).on("SIGINT", end);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
