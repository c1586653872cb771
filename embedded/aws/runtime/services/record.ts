import type { Deployment, NetworkConfiguration, ServiceSpec, ServiceStatus } from "../../ecs/service.ts";
import { digits, hex, now } from "../../names.ts";
import type { Alias } from "../tasks/record.ts";
import type { DeploymentView } from "./plan.ts";

/** A deployment, with what its tasks are made from: they stay so, whatever becomes of the service. */
export interface DeploymentRecord extends DeploymentView, Pick<Deployment, "createdAt" | "updatedAt"> {
  readonly taskDefinition: string;
  readonly launchType: Deployment["launchType"];
  readonly platformVersion: string;
  readonly network?: NetworkConfiguration;
  readonly loadBalancers: ServiceSpec["loadBalancers"];
  readonly serviceConnect?: ServiceSpec["serviceConnect"];
  /** Names that its tasks know. */
  readonly aliases: readonly Alias[];
  readonly rolloutStateReason: string;
}

/** What is kept of a service. */
export interface ServiceRecord {
  readonly serviceArn: string;
  readonly status: ServiceStatus["status"];
  /** The primary one first. */
  readonly deployments: readonly DeploymentRecord[];
  readonly events: ServiceStatus["events"];
  /** Whether it was steady when it was last looked at. */
  readonly steady: boolean;
}

/** Events of a service that are kept. */
const mostEvents = 100;

export function newDeployment(spec: ServiceSpec, aliases: readonly Alias[]): DeploymentRecord {
  const id = `ecs-svc/${digits(19)}`;
  const { taskDefinition, launchType, platformVersion, network, loadBalancers, serviceConnect } = spec;
  return {
    id,
    taskDefinition,
    launchType,
    platformVersion,
    ...(network ? { network } : {}),
    loadBalancers,
    ...(serviceConnect ? { serviceConnect } : {}),
    aliases,
    createdAt: now(),
    updatedAt: now(),
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    notBefore: 0,
  };
}

/** Whether a service is to have a new deployment: not for its count or tags. */
export function differs(spec: ServiceSpec, deployment: DeploymentRecord): boolean {
  const relevant = ({
    taskDefinition,
    launchType,
    platformVersion,
    network,
    loadBalancers,
    serviceConnect,
  }: Pick<
    ServiceSpec,
    "taskDefinition" | "launchType" | "platformVersion" | "network" | "loadBalancers" | "serviceConnect"
  >) => JSON.stringify([taskDefinition, launchType, platformVersion, network, loadBalancers, serviceConnect]);
  return relevant(spec) !== relevant(deployment);
}

/** @param messages oldest first */
export function withEvents(record: ServiceRecord, messages: readonly string[]): ServiceRecord {
  if (messages.length === 0) return record;
  const fresh = messages.map((message) => ({ id: eventId(), createdAt: now(), message })).reverse();
  return { ...record, events: [...fresh, ...record.events].slice(0, mostEvents) };
}

/** The same service with one of its deployments changed. */
export function withDeployment(record: ServiceRecord, id: string, changes: Partial<DeploymentRecord>): ServiceRecord {
  const deployments = record.deployments.map((each) =>
    each.id === id ? { ...each, ...changes, updatedAt: now() } : each,
  );
  return { ...record, deployments };
}

function eventId(): string {
  return hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
