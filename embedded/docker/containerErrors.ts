import type { ContainerInfo } from "dockerode";
import { ask, type Engine, EngineError } from "./engine.ts";

/** Says what went wrong in the user's terms: which port, who holds it, which image. */
export async function explained(engine: Engine, container: string, error: unknown): Promise<Error> {
  if (!(error instanceof EngineError)) return error instanceof Error ? error : new Error(String(error));
  const port = takenPort(error.message);
  if (port !== undefined) {
    const holder = await holderOf(engine, port, container);
    return new Error(
      holder === undefined
        ? `port ${port} is already in use by another process on the engine's host, so ${container} cannot publish it; ` +
            `end that process (ss -ltnp 'sport = :${port}' shows it) or publish another port`
        : `port ${port} is already allocated by the container ${holder}, so ${container} cannot publish it; ` +
            `remove that container (docker rm -f ${holder}) or publish another port`,
    );
  }
  if (/is already in use by container/.test(error.message)) {
    return new Error(
      `a container named ${container} exists already; remove it (docker rm -f ${container}), import it, or choose another name`,
    );
  }
  return new Error(`the container ${container}: ${error.message}`);
}

/** The port of the host in the engine's complaint, or undefined when it complains of something else. */
export function takenPort(message: string): number | undefined {
  const match =
    /Bind for \S*:(\d+) failed: port is already allocated/.exec(message) ??
    /listen (?:tcp|udp|sctp)\S* \S*:(\d+): bind: address already in use/.exec(message) ??
    /failed to bind (?:host )?port .*:(\d+)(?:\/\w+)?: .*(?:in use|allocated)/.exec(message);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

async function holderOf(engine: Engine, port: number, but: string): Promise<string | undefined> {
  const containers = await ask(engine, () => engine.docker.listContainers({ all: true })).catch(() => []);
  const name = ({ Names, Id }: ContainerInfo) => Names[0]?.replace(/^\//, "") ?? Id;
  const holder = containers.find(
    (container) => name(container) !== but && container.Ports.some(({ PublicPort }) => PublicPort === port),
  );
  return holder && name(holder);
}
