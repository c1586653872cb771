/** What can be done to the embedded cloud beside deploying: `node embedded/gcp/cli.ts <command>`. */
import { gcpClient } from "./client.ts";
import { cloudFolder } from "./folder.ts";
import type { LogEntry } from "./logging.ts";

const usage = `usage: node embedded/gcp/cli.ts <command>
  status                 what there is
  logs [-f] [project]    what the containers have printed; -f: and go on
  kill [instance]        delete an instance as if somebody had done it in the console
  crash [instance]       have its hardware fail
  halt [instance], start [instance], reboot [instance]
  console [instance]     what its console has shown
  objects [bucket]       what is in the buckets
  fail <json>            have operations fail: see docs/embedded-cloud.md
  heal                   no more failures
  stop                   switch the machines off and end the cloud's services; what it holds is kept`;

interface Status {
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly instances: readonly { id: string; name: string; external?: string; status: string; container?: string }[];
}

async function main([command = "", ...args]: readonly string[]): Promise<void> {
  const client = gcpClient(cloudFolder());
  const ask = (name: string, ...rest: readonly string[]) =>
    client.ask({ kind: "control", command: name, args: rest }, { output: printEntry });
  if (command === "stop") return client.stop(true);
  if (!client.isRunning() && command === "status") {
    console.log("The embedded cloud does not run.");
    return;
  }
  switch (command) {
    case "status":
      printStatus((await ask("status")) as Status);
      break;
    case "logs": {
      const follow = args.includes("-f");
      const project = args.find((arg) => arg !== "-f") ?? "";
      await ask("logs", project, follow ? "follow" : "");
      break;
    }
    case "objects":
      for (const each of (await ask("objects", ...args)) as { bucket: string; name: string; size: string }[])
        console.log(`gs://${each.bucket}/${each.name}\t${each.size}`);
      break;
    case "kill":
    case "crash":
    case "halt":
    case "start":
    case "reboot":
    case "console":
    case "fail":
    case "heal": {
      const answer = await ask(command, ...args);
      if (typeof answer === "string") console.log(answer.trimEnd());
      break;
    }
    default:
      throw new Error(usage);
  }
}

function printStatus({ resources, instances }: Status): void {
  for (const { id, status, external, container } of instances)
    console.log(`${id}: ${status}${external ? ` at ${external}` : ""}; inside: docker exec -it ${container} bash`);
  for (const [type, ids] of Object.entries(resources)) for (const id of ids) console.log(`${type.split(":")[2]} ${id}`);
  if (Object.keys(resources).length === 0) console.log("The embedded cloud is empty.");
}

function printEntry(json: string): void {
  const { timestamp, jsonPayload } = JSON.parse(json) as LogEntry;
  console.log(`${timestamp} ${jsonPayload["cos.googleapis.com/container_name"]}: ${jsonPayload.message}`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
