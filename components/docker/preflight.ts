import { createServer } from "node:net";
import type { App } from "../../compose/model.ts";
import { cli, type Problem, UserError } from "../../userError.ts";
import type { Engine, Publisher } from "./engine.ts";

/** A host port that a service publishes. */
interface Published {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/**
 * What would only fail when containers have already been replaced: a host port that something else holds.
 *
 * @param bind address for ports that the compose file gives none
 * @param stack the stack's own name, `project/stack`, whose containers may hold their ports
 * @throws UserError naming every such port and, where it is a container, its holder
 */
export async function preflight(
  app: App,
  engine: Pick<Engine, "publishers">,
  bind: string,
  stack: string,
): Promise<void> {
  const published = [...app.services.values()].flatMap(({ name, ports }) =>
    ports.flatMap(({ protocol, published: port, hostIp = bind }): Published[] =>
      protocol === "tcp" && port !== undefined ? [{ service: name, address: hostIp, port }] : [],
    ),
  );
  const taken = (await Promise.all(published.map(async (each) => ((await isTaken(each)) ? [each] : [])))).flat();
  if (taken.length === 0) return;
  const publishers = await engine.publishers();
  const problems = taken.flatMap((each) => problemOf(app.file, each, publishers, stack));
  if (problems.length > 0) throw new UserError(problems);
}

function problemOf(
  file: string,
  { service, address, port }: Published,
  publishers: readonly Publisher[],
  stack: string,
): Problem[] {
  // One of the stack's own that crashes has held its port a moment ago.
  if (publishers.some((each) => each.stack === stack && (each.restarting || each.ports.includes(port)))) return [];
  const holder = publishers.find(({ ports }) => ports.includes(port));
  const who =
    holder === undefined ? "another program" : `container ${holder.name}${holder.stack && ` of stack ${holder.stack}`}`;
  return [
    {
      where: `${file}: services.${service}.ports`,
      what: `port ${port} of ${address} is held by ${who}`,
      mend: `Stop it, or publish another port; where the file has a variable for it: ${cli} config set --path 'retrofit:environment.HTTP_PORT' 8090`,
    },
  ];
}

function isTaken({ address, port }: Published): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
