/** What can be done to the embedded cloud beside deploying: `npx node embedded/gcp/cli.ts <command>`. */
import { runCommandLine } from "../daemon/commandLine.ts";
import { gcpClient } from "./client.ts";
import { cloudFolder } from "./folder.ts";
import type { LogEntry } from "./logging.ts";

const usage = `usage: npx node embedded/gcp/cli.ts <command>
  status                 what there is
  logs [-f] [project]... what the containers have printed; -f: and go on
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

function printStatus({ resources, instances }: Status): void {
  for (const { id, status, external, container } of instances)
    console.log(`${id}: ${status}${external ? ` at ${external}` : ""}; inside: docker exec -it ${container} bash`);
  for (const [type, ids] of Object.entries(resources)) for (const id of ids) console.log(`${type.split(":")[2]} ${id}`);
  if (Object.keys(resources).length === 0) console.log("The embedded cloud is empty.");
}

function printLine(json: string): void {
  const { timestamp, jsonPayload } = JSON.parse(json) as LogEntry;
  console.log(`${timestamp} ${jsonPayload["cos.googleapis.com/container_name"]}: ${jsonPayload.message}`);
}

await runCommandLine({
  usage,
  client: gcpClient(cloudFolder()),
  plain: ["kill", "crash", "halt", "start", "reboot", "console", "fail", "heal"],
  own: {
    objects: async (args, ask) => {
      for (const each of (await ask("objects", ...args)) as { bucket: string; name: string; size: string }[])
        console.log(`gs://${each.bucket}/${each.name}\t${each.size}`);
    },
  },
  printStatus,
  printLine,
});
