import type { Client } from "./client.ts";

/** Has the cloud's daemon do something; answers what it gives. */
export type Ask = (command: string, ...args: readonly string[]) => Promise<unknown>;

/** What a cloud's command line can do. */
export interface CommandLine<Status> {
  readonly usage: string;
  readonly client: Client;
  /** Commands that the daemon does; a text that it answers is printed. */
  readonly plain: readonly string[];
  /** All others, but `status`, `logs` and `stop`, which every cloud has. @throws {Misuse} */
  readonly own: Readonly<Record<string, (args: readonly string[], ask: Ask) => Promise<void>>>;
  readonly printStatus: (status: Status) => void;
  /** @param json of one line of a log */
  readonly printLine: (json: string) => void;
}

/** Arguments that a command cannot have: the usage is shown. */
export class Misuse extends Error {}

/** Does what the process's arguments say, and ends it with 1 where that fails. */
export async function runCommandLine<Status>(line: CommandLine<Status>): Promise<void> {
  try {
    await execute(line, process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Misuse ? line.usage : (error as Error).message);
    process.exit(1);
  }
}

async function execute<Status>(line: CommandLine<Status>, [command = "", ...args]: readonly string[]): Promise<void> {
  const { client, own } = line;
  const ask: Ask = (name, ...rest) =>
    client.ask({ kind: "control", command: name, args: rest }, { output: line.printLine });
  if (command === "stop") return client.stop(true);
  if (command === "status") {
    if (client.isRunning()) line.printStatus((await ask("status")) as Status);
    else console.log("The embedded cloud does not run.");
  } else if (command === "logs") {
    await ask("logs", args.includes("-f") ? "follow" : "", ...args.filter((arg) => arg !== "-f"));
  } else if (line.plain.includes(command)) {
    const answer = await ask(command, ...args);
    if (typeof answer === "string") console.log(answer.trimEnd());
  } else if (Object.hasOwn(own, command)) {
    await own[command]?.(args, ask);
  } else throw new Misuse();
}
