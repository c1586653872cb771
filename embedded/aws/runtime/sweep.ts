import type Docker from "dockerode";
import { unless } from "../../daemon/containers.ts";
import { cloudLabel, taskLabel } from "./labels.ts";

/** Removes the containers and volumes of tasks that are not known. @param known ids of tasks */
export async function sweep(docker: Docker, cloud: string, known: ReadonlySet<string>): Promise<void> {
  const filters = { label: [`${cloudLabel}=${cloud}`, taskLabel] };
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters })) {
    if (known.has(Labels[taskLabel] ?? "")) continue;
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(unless(404, 409));
  }
  for (const { Name, Labels } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    if (!known.has(Labels?.[taskLabel] ?? "")) await docker.getVolume(Name).remove({ force: true }).catch(unless(404));
  }
}

/** Removes all volumes that are left of a cloud. */
export async function sweepVolumes(docker: Docker, cloud: string): Promise<void> {
  const filters = { label: [`${cloudLabel}=${cloud}`] };
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    await docker.getVolume(Name).remove({ force: true }).catch(unless(404));
  }
}
