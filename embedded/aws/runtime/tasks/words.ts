/** Reasons as ECS words them: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
import type { LaunchType } from "../../ecs/taskDefinition.ts";

export const essentialExited = "Essential container in task exited";
export const outOfMemory = "OutOfMemoryError: Container killed due to memory usage";
export const unhealthyContainers = "Task failed container health checks";

export function unhealthyTargets(targetGroupArn: string): string {
  return `Task failed ELB health checks in (target-group ${targetGroupArn})`;
}

export function scaled(deployment: string): string {
  return `Scaling activity initiated by (deployment ${deployment})`;
}

/**
 * @param image as the task definition has it
 * @param reason the engine's or the registry's own words
 */
export function cannotPull(launchType: LaunchType, image: string, reason: string): string {
  const missing = /not found|manifest unknown|no such image|name unknown/i.test(reason);
  if (launchType === "EC2") {
    const said = missing ? `manifest for ${image} not found: manifest unknown: Requested image not found` : reason;
    return `CannotPullContainerError: Error response from daemon: ${said}`;
  }
  const name = fullName(image);
  const said = missing ? `failed to resolve ref ${name}: ${name}: not found` : reason;
  return `CannotPullContainerError: pull image manifest has been retried 5 time(s): ${said}`;
}

export function cannotCreate(reason: string): string {
  return `CannotCreateContainerError: ${reason}`;
}

export function cannotStart(reason: string): string {
  return `CannotStartContainerError: ${reason}`;
}

/** As a registry's client writes a name out: `nginx` is `docker.io/library/nginx:latest`. */
function fullName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const hosted = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = hosted ? image : `docker.io/${rest.length > 0 ? "" : "library/"}${image}`;
  return /@|:[^/]*$/.test(name) ? name : `${name}:latest`;
}
