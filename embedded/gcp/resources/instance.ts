import type { PlainMap } from "../../core/value.ts";
import { same } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { instanceType } from "../compute/instance.ts";
import { checkDisk } from "./disk.ts";
import { instanceChanges } from "./instanceChanges.ts";
import { instanceOutputs, settleNetwork } from "./instanceOutputs.ts";
import type { Kind, Scope } from "./kind.ts";
import { accountExists } from "./lookup.ts";

export const instance: Kind = {
  type: instanceType,
  noun: "instance",
  api: "compute.googleapis.com",
  id: ({ project, zone, name }) => `projects/${project}/zones/${zone}/instances/${name}`,
  outputs: instanceOutputs,

  async created(id, outputs, scope) {
    const { cloud } = scope;
    const { email } = (outputs.serviceAccount ?? {}) as PlainMap;
    if (email && !accountExists(cloud.store, email as string)) {
      throw new ApiError(400, `The user does not have access to service account '${email}'. It may not exist.`);
    }
    await cloud.network();
    const nics = settleNetwork(id, outputs, scope);
    // At once, so that another instance that is being made sees the addresses.
    cloud.store.put(instanceType, id, { ...outputs, networkInterfaces: nics });
    try {
      const made = existing(id, scope);
      for (const { disk, readOnly } of made.disks.slice(1)) checkDisk(cloud, disk, id, readOnly);
      await cloud.instances.create(made);
      await cloud.instances.applyFirewall();
      if (outputs.desiredStatus === "TERMINATED") await cloud.instances.stop(id);
    } catch (error) {
      await cloud.instances.remove(id);
      throw error;
    }
    return { networkInterfaces: nics, currentStatus: (await cloud.instances.status(id)) ?? "TERMINATED" };
  },

  updated: instanceChanges,

  async live(id, outputs, { cloud }) {
    const status = await cloud.instances.status(id);
    if (status === undefined) {
      // Somebody has removed the container itself: to the cloud the instance is gone.
      await cloud.instances.remove(id);
      cloud.store.remove(instanceType, id);
      return undefined;
    }
    const wanted = outputs.desiredStatus;
    return { ...outputs, currentStatus: status, ...(wanted && !same(wanted, status) ? { desiredStatus: status } : {}) };
  },

  async deleting(id, { name, deletionProtection }, { cloud }) {
    if (deletionProtection === true) {
      throw new Error(
        `Cannot delete instance ${name}: instance Deletion Protection is enabled. Set deletion_protection to false for this resource and run "pulumi up" before attempting to delete it.`,
      );
    }
    await cloud.instances.remove(id);
  },

  deleted: (_id, _outputs, { cloud }) => cloud.instances.applyFirewall(),
};

function existing(id: string, { cloud }: Scope) {
  const found = cloud.instances.get(id);
  if (found === undefined) throw new ApiError(404, `The resource '${id}' was not found`);
  return found;
}
