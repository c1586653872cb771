import type { App, Service } from "../../compose/model.ts";
import type { LaunchType } from "../../compose/reading.ts";
import type { Report } from "../../compose/report.ts";
import { changedTimes, healthCheck } from "./taskDefinition/healthCheck.ts";
import type { Architecture, PlannedService } from "./taskDefinition/model.ts";
import { ecsName, preparationContainer } from "./taskDefinition/names.ts";
import { isLinkable, namesOf, udpPorts } from "./taskDefinition/network.ts";
import { fargateSize, mebibytes, type Size, sizeText, wantedSize } from "./taskDefinition/size.ts";

interface Checked {
  readonly app: App;
  readonly launchType: LaunchType;
  readonly services: ReadonlyMap<string, PlannedService>;
  readonly report: Report;
}

/** MiB that Docker takes at least. */
const leastMemory = 6;

/** Open files that Fargate allows. */
const mostFiles = 65_535;

const ulimits = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);

/** What of an app ECS cannot run, or runs with a difference, that shows only when several fields are seen together. */
export function checkApp({ app, launchType, services, report }: Checked): void {
  for (const service of app.services.values()) {
    checkName(service, report);
    checkMemory(service, report);
    if (launchType === "fargate") checkSize(service, report);
    checkUlimits(service, launchType, report);
    checkHealth(app, service, launchType, report);
    if (launchType === "fargate") checkNetwork(service, services.get(service.name)?.listening ?? [], report);
  }
  if (launchType === "fargate") {
    checkNames(app, services, report);
    warnOfUnknownPorts(app, services, report);
  } else warnOfLostNames(app, report);
  checkVolumes(app, launchType, report);
}

/** What a service's container runs on, or its whole task on EC2. */
export function architectureOf(
  app: App,
  service: Service,
  launchType: LaunchType,
  report: Report,
): Architecture | undefined {
  const own = fromPlatform(service.platform);
  if (launchType === "fargate") return own;
  const all = [...app.services.values()];
  const other = all.find(({ platform }) => platform !== undefined && fromPlatform(platform) !== own);
  if (own !== undefined && other !== undefined) {
    report.problem(
      ["services", service.name, "platform"],
      `is ${service.platform}, and that of ${other.name} is ${other.platform}, but both are in one task`,
      "Give all services one platform, or deploy with the launch type fargate",
    );
  }
  return all.map(({ platform }) => fromPlatform(platform)).find((each) => each !== undefined);
}

function fromPlatform(platform: string | undefined): Architecture | undefined {
  if (platform === undefined) return undefined;
  return platform.startsWith("linux/arm64") ? "ARM64" : "X86_64";
}

function checkName({ name }: Service, report: Report): void {
  if (ecsName(name) === preparationContainer) {
    report.problem(["services", name], "has the name of the container that prepares volumes", "Choose another name");
  }
}

function checkMemory({ name, resources: { memory, memoryReservation } }: Service, report: Report): void {
  const path = ["services", name, "deploy", "resources"];
  if (memory !== undefined && mebibytes(memory) < leastMemory) {
    report.problem([...path, "limits", "memory"], `is below ${leastMemory} MiB`, `Give at least ${leastMemory}m`);
  }
  if (memoryReservation === undefined) return;
  if (memory !== undefined && mebibytes(memoryReservation) >= mebibytes(memory)) {
    report.problem(
      [...path, "reservations", "memory"],
      "is not below the limit, as ECS wants it",
      "Give less, or leave it out",
    );
  }
}

/** Fargate has certain sizes only: the smallest that does is taken, and said where it is another. */
function checkSize(service: Service, report: Report): void {
  const path = ["services", service.name, "deploy", "resources", "limits"];
  const wanted = wantedSize(service.resources);
  const size = fargateSize(wanted);
  if (size === undefined) {
    report.problem(path, `is ${sizeText(wanted)}, more than a task on Fargate can have`, largest);
  } else if (isOther(wanted, size)) {
    const asked = wanted.cpu + wanted.memory === 0 ? "says nothing of its size" : `asks for ${sizeText(wanted)}`;
    report.warn(path, `${asked}, and gets ${sizeText(size)}, the smallest pair of Fargate that holds it`);
  }
}

const largest = "Give at most 16 CPUs and 120 GiB, or deploy with the launch type ec2";

function isOther(wanted: Size, size: Size): boolean {
  return wanted.cpu !== size.cpu || wanted.memory !== size.memory;
}

function checkUlimits({ name, ulimits: limits }: Service, launchType: LaunchType, report: Report): void {
  for (const [limit, { hard }] of Object.entries(limits)) {
    const path = ["services", name, "ulimits", limit];
    if (!ulimits.has(limit)) report.problem(path, "is a limit that ECS does not know", "Remove it");
    else if (limit === "nofile" && launchType === "fargate" && hard > mostFiles) {
      report.problem(path, `is ${hard}, and Fargate allows ${mostFiles}`, `Give at most ${mostFiles}`);
    }
  }
}

/** ECS looks at the health checks of task definitions only, and takes times within limits. */
function checkHealth(app: App, service: Service, launchType: LaunchType, report: Report): void {
  const { name, healthcheck, dependsOn } = service;
  const path = ["services", name, "healthcheck"];
  if (healthCheck(healthcheck) === undefined) {
    if (!service.job && healthcheck?.test?.[0] !== "NONE") {
      report.warn(
        path,
        "has no command, and ECS looks at no image's own check: a container that runs counts as healthy",
      );
    }
  } else {
    const fields = { interval: "interval", timeout: "timeout", retries: "retries", startPeriod: "start_period" };
    for (const { field, from, to } of changedTimes(healthcheck ?? {})) {
      report.warn([...path, fields[field]], `is ${from}, and ECS takes ${to} at the ${to < from ? "most" : "least"}`);
    }
  }
  for (const [other, condition] of Object.entries(dependsOn)) {
    if (condition !== "healthy" || healthCheck(app.services.get(other)?.healthcheck) !== undefined) continue;
    const field = [...path.slice(0, 2), "depends_on", other, "condition"];
    const what = `waits until ${other} is healthy, for which the file has no check, and ECS looks at no image's own`;
    // In one task the container would wait for ever.
    if (launchType === "ec2") {
      report.problem(field, what, `Give ${other} a healthcheck with a test, or take the condition service_started`);
    } else report.warn(field, `${what}: it waits until ${other} runs`);
  }
}

/** Two protocols on one port are refused by ECS itself; other things are only different. */
function checkNetwork(service: Service, listening: readonly number[], report: Report): void {
  const { name, networkMode, ports } = service;
  const both = udpPorts(service).find((port) => listening.includes(port));
  if (both !== undefined) {
    const index = ports.findIndex(({ protocol, target }) => protocol === "udp" && target === both);
    report.problem(
      ["services", name, "ports", index],
      `has the port ${both} for TCP and UDP, which a task on Fargate cannot have`,
      "Publish it for one of the two",
    );
  }
  if (networkMode === "none") {
    report.warn(["services", name, "network_mode"], "is none, but a task on Fargate always has a network interface");
  }
}

/** Service Connect has one service for a name and port. */
function checkNames(app: App, services: Checked["services"], report: Report): void {
  const owners = new Map<string, string>();
  for (const service of app.services.values()) {
    if (service.job) continue;
    for (const port of services.get(service.name)?.listening ?? []) {
      for (const name of namesOf(service)) {
        const key = `${name}:${port}`;
        const other = owners.get(key);
        if (other !== undefined) {
          report.problem(
            ["services", service.name, "networks"],
            `gives it the name ${name} for port ${port}, which ${other} has too`,
            "Choose another name for one of the two",
          );
        }
        owners.set(key, service.name);
      }
    }
  }
}

/** A service that others wait for and that has no port is most likely one whose port nobody has said. */
function warnOfUnknownPorts(app: App, services: Checked["services"], report: Report): void {
  const awaited = new Set([...app.services.values()].flatMap(({ dependsOn }) => Object.keys(dependsOn)));
  for (const { name, job, networkMode } of app.services.values()) {
    if (job || !awaited.has(name) || networkMode !== "bridge") continue;
    if ((services.get(name)?.listening ?? []).length > 0) continue;
    report.warn(
      ["services", name],
      `has no port that is known, so no other service reaches it: list them under retrofit:services.${name}.expose`,
    );
  }
}

/** Links have no dots in their names. */
function warnOfLostNames(app: App, report: Report): void {
  for (const service of app.services.values()) {
    const lost = namesOf(service).filter((name) => !isLinkable(name));
    if (lost.length > 0) {
      report.warn(["services", service.name, "networks"], `has names that no link can have: ${lost.join(", ")}`);
    }
  }
}

function checkVolumes(app: App, launchType: LaunchType, report: Report): void {
  for (const { name, existing } of app.volumes.values()) {
    if (existing === undefined) continue;
    const refuse = (what: string, mend: string) => {
      const path = ["x-retrofit", "volumes", name, "existing"];
      if (report.written(path)) report.problem(path, what, mend);
      else report.add({ where: "stack configuration", what: `retrofit:volumes.${name}.existing ${what}`, mend });
    };
    const isArn = /^arn:aws[\w-]*:s3files:/.test(existing);
    if (!isArn && !/^fs-[0-9a-f]+$/.test(existing)) {
      const mend = "Give the id of an EFS file system, fs-..., or the ARN of one of S3 Files";
      refuse(`is ${existing}, which is no file system of AWS`, mend);
    } else if (isArn && launchType === "ec2") {
      const mend = "Give the id of an EFS file system, or deploy with the launch type fargate";
      refuse("is a file system of S3 Files, which the launch type ec2 cannot mount", mend);
    }
  }
}
