import type { App } from "../../compose/model.ts";
import type { LaunchType } from "../../compose/reading.ts";
import { type Problem, UserError } from "../../userError.ts";
import { type OpenedPort, openPorts } from "../openPorts.ts";
import { rangeOf, scalingProblems as rangeProblems, type Scaling } from "./autoScaling.ts";
import { mostGroups } from "./firewall.ts";
import { kindFor } from "./listeners.ts";
import type { Certificate } from "./loadBalancer.ts";
import { retentionChoices } from "./logGroups.ts";
import type { Place } from "./place.ts";

/** What is decided beside the compose file. */
export interface Settings extends Place {
  /** Profile of AWS's own configuration, for what is asked while a release is waited for. @default the environment's */
  readonly profile?: string;
  /**
   * Name of a cluster that exists. On EC2 the task runs as a service only where one is named.
   * @default a new one on Fargate, none on EC2
   */
  readonly cluster?: string;
  /** A network that exists. @default a small one of the app's own; on EC2 none */
  readonly network?: GivenNetwork;
  /** Availability zones of an own network, at least two. @default the region's `a` and `b` */
  readonly zones?: readonly string[];
  /** By which the load balancer ends TLS; port 80 then leads to 443. @default none */
  readonly certificate?: Certificate;
  /** Name under which visitors come, which you point at the load balancer's. @default the load balancer's own */
  readonly domain?: string;
  /** Pass connections on, whatever they speak. @default only where a port does not speak HTTP by convention */
  readonly passConnections?: boolean;
  /** Name of a bucket for the load balancer's access logs. @default none */
  readonly accessLogBucket?: string;
  /** By service; one that is not named runs one task. @default {} */
  readonly scaling?: Readonly<Record<string, Scaling>>;
  /** What volumes with `storage: bucket` are. S3 Files is for Fargate only: on EC2 they are in EFS. @default "s3files" */
  readonly buckets?: "s3files" | "efs";
  /** Days that the buckets' overwritten and deleted objects can be restored. @default 30 */
  readonly restorableDays?: number;
  /** Days that logs are kept; one of those that CloudWatch offers. @default 30 */
  readonly logRetentionDays?: number;
  /** Delete what file systems, buckets and repositories hold together with them at `pulumi destroy`. @default false */
  readonly destroyContent?: boolean;
  /** Seconds that each service, and each job, may take to come up, images pulled. @default 900 */
  readonly timeout?: number;
}

/** A network that exists already. */
export interface GivenNetwork {
  readonly vpcId: string;
  /** In different availability zones, at least two where something is open to the world. */
  readonly subnetIds: readonly string[];
  /** On Fargate: give tasks public addresses, as subnets without NAT gateway or endpoints need. @default false */
  readonly publicIp?: boolean;
  /** On EC2: security group of the cluster's machines, which is then opened to the load balancer. */
  readonly machinesGroupId?: string;
}

/** Availability zones of the own network. Those of a region have other letters here and there: then they have to be named. */
export function zonesOf({ region, zones = [`${region}a`, `${region}b`] }: Pick<Settings, "region" | "zones">) {
  return zones;
}

/** Whether an app's tasks are run, and not only registered. */
export function isRun(launchType: LaunchType, { cluster }: Pick<Settings, "cluster">): boolean {
  return launchType === "fargate" || cluster !== undefined;
}

/** Two of a kind can run at once unless they write to a disk, which may be a database's. */
export function runsAlone(app: App, name: string): boolean {
  const mounts = app.services.get(name)?.mounts ?? [];
  return mounts.some((mount) => {
    if (mount.kind === "bind") return mount.cloud === "disk" && !mount.readOnly;
    return mount.kind === "volume" && !mount.readOnly && app.volumes.get(mount.volume)?.storage === "disk";
  });
}

/** @throws UserError with everything that cannot be as it was said, before anything is made */
export function checkSettings(name: string, app: App, launchType: LaunchType, settings: Settings): void {
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, mend: string) => problems.push({ where: `${name}.${key}`, what, mend });
  const { region, account, logRetentionDays = 30 } = settings;

  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    wrong("region", `"${region}" is no region`, "Give one such as eu-central-1");
  if (!/^\d{12}$/.test(account)) wrong("account", `"${account}" is no account`, "Give its twelve digits");
  if (!retentionChoices.includes(logRetentionDays)) {
    wrong(
      "logRetentionDays",
      `CloudWatch does not offer ${logRetentionDays} days`,
      `Give one of: ${retentionChoices.join(", ")}`,
    );
  }
  for (const key of ["timeout", "restorableDays"] as const) {
    const value = settings[key] ?? 1;
    if (!Number.isInteger(value) || value < 1) wrong(key, `${value} is not a whole number above 0`, "Give at least 1");
  }
  checkNetwork(app, launchType, settings, wrong);
  problems.push(
    ...groupProblems(app, launchType),
    ...portProblems(name, app, settings),
    ...scalingProblems(name, app, launchType, settings),
  );
  if (problems.length > 0) throw new UserError(problems);
}

type Wrong = (key: string, what: string, mend: string) => void;

function checkNetwork(app: App, launchType: LaunchType, settings: Settings, wrong: Wrong): void {
  const { region, network, zones } = settings;
  const open = openPorts(app).length > 0;
  if (zones !== undefined && network !== undefined) {
    wrong("zones", "they are those of a network of the app's own, and one is given", "Remove one of the two");
  }
  const strange = zonesOf(settings).filter((zone) => !zone.startsWith(region));
  if (strange.length > 0) wrong("zones", `${strange.join(", ")} is not in ${region}`, `Give zones such as ${region}a`);
  if (new Set(zonesOf(settings)).size < 2) {
    wrong("zones", "a load balancer needs two zones", `Give another one, such as ${region}b`);
  }
  if (network !== undefined && open && new Set(network.subnetIds).size < 2) {
    wrong("network.subnetIds", "a load balancer needs subnets in two zones", "Give another one");
  }
  if (launchType === "ec2") checkMachines(app, settings, wrong);
}

/** Each network of the compose file is a security group, and so is what all tasks have. */
function groupProblems(app: App, launchType: LaunchType): Problem[] {
  const crowded = [...app.services.values()].filter(({ networks }) => networks.size >= mostGroups);
  return launchType === "ec2"
    ? []
    : crowded.map(({ name, networks }) => ({
        where: `${app.file}: services.${name}.networks`,
        what: `it is in ${networks.size} networks, and a task on Fargate can be in ${mostGroups - 1}`,
        mend: "Join some of them",
      }));
}

/** What has to be known of the cluster's machines to reach them, and for them to reach file systems. */
function checkMachines(app: App, { cluster, network }: Settings, wrong: Wrong): void {
  const inBuckets = [...app.volumes.values()].filter(({ storage }) => storage === "bucket").map(({ name }) => name);
  if (inBuckets.length === 0 && cluster === undefined) return;
  const why = cluster === undefined ? `the volume ${inBuckets[0]} is in EFS` : `the cluster ${cluster} has machines`;
  if (network === undefined) {
    wrong("network", `${why}, in a network that is not named`, "Name its vpcId, subnetIds and machinesGroupId");
  } else if (network.machinesGroupId === undefined) {
    wrong("network.machinesGroupId", `${why}, whose security group is not named`, "Name it");
  }
}

function portProblems(name: string, app: App, settings: Settings): Problem[] {
  const { certificate, passConnections = false } = settings;
  const ports = openPorts(app);
  const where = (port: OpenedPort) => `${app.file}: services.${port.service}.ports`;
  const problems: Problem[] = ports.flatMap((port): Problem[] => {
    if (port.protocol === "udp") {
      const what = `${port.port} is UDP, which the load balancer does not pass on`;
      return [{ where: where(port), what, mend: "Remove it from expose" }];
    }
    if (port.port !== 22 && port.port !== 3389) return [];
    const what = `${port.port} is for logging in to a machine, and is not opened to the world`;
    return [{ where: where(port), what, mend: "Publish the service on another port" }];
  });
  const taken = ports.filter((port, index) => ports.findIndex((other) => other.port === port.port) < index);
  for (const port of taken) {
    const what = `another service publishes ${port.port}, too`;
    problems.push({ where: where(port), what, mend: "Publish it on another port" });
  }
  if (certificate !== undefined && (passConnections || kindFor(ports) === "network")) {
    problems.push({
      where: `${name}.certificate`,
      what: "connections are passed on untouched, so the load balancer ends no TLS",
      mend: "Remove it, or publish only ports that speak HTTP",
    });
  }
  return problems;
}

function scalingProblems(name: string, app: App, launchType: LaunchType, settings: Settings): Problem[] {
  const { passConnections = false, scaling = {} } = settings;
  const ports = openPorts(app);
  const counted = passConnections || kindFor(ports) === "network" ? [] : ports.map(({ service }) => service);
  return Object.entries(scaling).flatMap(([service, wanted]): Problem[] => {
    const where = `${name}.scaling.${service}`;
    const known = app.services.get(service);
    const { max, requests } = rangeOf(wanted);
    if (known === undefined || known.job) {
      const others = [...app.services.values()].filter(({ job }) => !job).map(({ name }) => name);
      return [{ where, what: "there is no such service", mend: `Give one of: ${others.sort().join(", ")}` }];
    }
    if (launchType === "ec2") {
      return [{ where, what: "on EC2 all containers are one task", mend: "Deploy to Fargate, or remove it" }];
    }
    const problems = rangeProblems(where, wanted);
    if (max > 1 && runsAlone(app, service)) {
      problems.push({
        where,
        what: "it writes to a disk volume, which two of its tasks would write to at once",
        mend: "Keep what tasks may share in a volume with storage: bucket, or leave it at one task",
      });
    }
    if (requests !== undefined && !counted.includes(service)) {
      problems.push({
        where: `${where}.requests`,
        what: "no load balancer counts requests for it",
        mend: "Follow the cpu instead",
      });
    }
    return problems;
  });
}
