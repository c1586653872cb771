/** What can be done to the embedded AWS beside deploying: `npx node embedded/aws/cli.ts <command>`. */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Misuse, runCommandLine } from "../daemon/commandLine.ts";
import { serveApi } from "./api/front.ts";
import { awsClient } from "./client.ts";
import { awsFolder } from "./folder.ts";
import { defaultAccount } from "./provider.ts";
import type { MachinesNetwork } from "./resources/machinesNetwork.ts";

const usage = `usage: npx node embedded/aws/cli.ts <command>
  status                 what there is
  logs [-f] [group]...   what the containers have printed; -f: and go on
  kill [task]            stop a task as if somebody had done it in the console: by its id, or a service's name
  remove <type> <id>     delete a resource as if somebody had done it in the console: RolePolicy app:policy
  hurry <times>          have auto scaling's minutes pass so many times as fast, 1 to 60
  capacity <cluster> <count> [cpu memory]
                         machines of a cluster, for the launch type EC2, and how a stack is configured to run there; the
                         cluster is made where it is not there
  api [port]             serve ECS's and CloudWatch Logs' API, for the AWS command line, until interrupted
  fail <json>            have operations fail: see docs/embedded-aws.md
  heal                   no more failures
  stop                   stop the tasks and end the cloud's services; what it holds is kept
RETROFIT_AWS_FOLDER names the cloud, AWS_REGION and AWS_ACCOUNT_ID where a cluster is.`;

interface Status {
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly services: readonly {
    name: string;
    desiredCount: number;
    runningCount: number;
    rollout?: string;
    event?: string;
  }[];
  readonly tasks: readonly {
    id: string;
    group: string;
    lastStatus: string;
    healthStatus: string;
    stoppedReason?: string;
    containers: readonly { name: string; status: string; exitCode?: number; reason?: string }[];
  }[];
  readonly targetGroups: readonly { name: string; states: readonly string[] }[];
  readonly balancers: readonly { name: string; address: string; ports: readonly number[] }[];
}

function capacity([cluster, count, cpu, memory]: readonly string[]): string {
  if (!cluster || !/^\d+$/.test(count ?? "")) throw new Misuse();
  const { AWS_REGION: region = "us-east-1", AWS_ACCOUNT_ID: account = defaultAccount } = process.env;
  return JSON.stringify({
    cluster,
    region,
    account,
    count: Number(count),
    ...(cpu ? { cpu: Number(cpu) } : {}),
    ...(memory ? { memory: Number(memory) } : {}),
  });
}

/** As a stack file has it. */
function printMachines(cluster: string, network: MachinesNetwork | undefined): void {
  if (network === undefined) return;
  for (const [key, value] of Object.entries({ launchType: "ec2", cluster, ...network }))
    console.log(`retrofit:${key}: ${JSON.stringify(value)}`);
}

async function api(port: number): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = defaultAccount, AWS_SECRET_ACCESS_KEY: given } = process.env;
  const secretAccessKey = given ?? randomBytes(24).toString("base64url");
  const server = await serveApi({ client, port, accessKeyId, secretAccessKey });
  console.log(`export AWS_ENDPOINT_URL=http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  console.log(`export AWS_ACCESS_KEY_ID=${accessKeyId}`);
  if (given === undefined) console.log(`export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
}

function printStatus({ resources, services, tasks, targetGroups, balancers }: Status): void {
  for (const { name, address, ports } of balancers)
    console.log(`load balancer ${name}: ${ports.map((port) => `${address}:${port}`).join(" ")}`);
  for (const { name, states } of targetGroups) console.log(`target group ${name}: ${states.join(" ") || "no targets"}`);
  for (const { name, desiredCount, runningCount, rollout, event } of services) {
    console.log(
      `service ${name}: ${runningCount} of ${desiredCount} run, ${rollout ?? "no deployment"}${event ? `; ${event}` : ""}`,
    );
  }
  for (const { id, group, lastStatus, healthStatus, stoppedReason, containers } of tasks) {
    console.log(`task ${id} (${group}): ${lastStatus} ${healthStatus}${stoppedReason ? `, ${stoppedReason}` : ""}`);
    for (const { name, status, exitCode, reason } of containers) {
      console.log(
        `  ${name}: ${status}${exitCode === undefined ? "" : ` with ${exitCode}`}${reason ? `, ${reason}` : ""}`,
      );
    }
  }
  for (const [type, ids] of Object.entries(resources))
    for (const id of ids) console.log(`${type.split(":")[2] ?? type} ${id}`);
  if (Object.keys(resources).length === 0) console.log("The embedded cloud is empty.");
}

function printLine(json: string): void {
  const { group, logStreamName, timestamp, message } = JSON.parse(json) as {
    group: string;
    logStreamName: string;
    timestamp: number;
    message: string;
  };
  console.log(`${new Date(timestamp).toISOString()} ${group} ${logStreamName}: ${message}`);
}

const client = awsClient(awsFolder());

await runCommandLine({
  usage,
  client,
  plain: ["kill", "remove", "hurry", "fail", "heal"],
  own: {
    capacity: async (args, ask) =>
      printMachines(args[0] as string, (await ask("capacity", capacity(args))) as MachinesNetwork | undefined),
    api: ([port]) => api(Number(port ?? 0)),
  },
  printStatus,
  printLine,
});
