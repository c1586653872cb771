import { AwsError } from "../apiError.ts";
import type { ContainerDefinition } from "./taskDefinition.ts";

/** Whether what containers wait for can come about. @throws {AwsError} */
export function checkDependencies(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name, container]));
  for (const { name, dependsOn, links, volumesFrom } of containers) {
    for (const { containerName, condition } of dependsOn) {
      const other = byName.get(containerName);
      if (other === undefined)
        throw refused(`Container '${name}' depends on '${containerName}', which is not in the task definition.`);
      if (condition === "HEALTHY" && other.healthCheck === undefined) {
        throw refused(`Container '${name}' waits for '${containerName}' to be HEALTHY, which has no health check.`);
      }
      if ((condition === "COMPLETE" || condition === "SUCCESS") && other.essential) {
        throw refused(
          `Container '${name}' waits for '${containerName}' to end (${condition}), which is essential: the task would end with it.`,
        );
      }
    }
    for (const { sourceContainer } of volumesFrom) {
      if (!byName.has(sourceContainer))
        throw refused(
          `Container '${name}' takes volumes from '${sourceContainer}', which is not in the task definition.`,
        );
    }
    if (links.some((link) => link.split(":")[0] === name)) throw refused(`Container '${name}' links to itself.`);
  }
  const cycle = cycleOf(containers);
  if (cycle !== undefined) throw refused(`Container dependencies form a cycle: ${cycle.join(" -> ")}.`);
}

/** Names along a cycle of dependencies, links and volumes, the first at both ends; undefined where there is none. */
function cycleOf(containers: readonly ContainerDefinition[]): string[] | undefined {
  const before = new Map(
    containers.map(({ name, dependsOn, links, volumesFrom }) => [
      name,
      [
        ...dependsOn.map(({ containerName }) => containerName),
        ...links.map((link) => link.split(":")[0] ?? ""),
        ...volumesFrom.map(({ sourceContainer }) => sourceContainer),
      ],
    ]),
  );
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of before.get(name) ?? []) {
      const found = visit(next, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of before.keys()) {
    const found = visit(name, []);
    if (found) return found;
  }
  return undefined;
}

function refused(message: string): AwsError {
  return new AwsError("ClientException", message);
}
