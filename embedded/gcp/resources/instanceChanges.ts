import type { PlainMap } from "../../core/value.ts";
import { same } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { type AttachedDisk, instanceType } from "../compute/instance.ts";
import { externalScript, withoutExternalScript } from "../compute/script.ts";
import { takenAddresses } from "./address.ts";
import { checkDisk } from "./disk.ts";
import { settleAccess } from "./instanceOutputs.ts";
import type { Scope } from "./kind.ts";
import { nicOf } from "./network.ts";

/** What an instance can only take while it is off. */
const needsStop = ["machineType", "minCpuPlatform", "serviceAccount", "enableDisplay", "shieldedInstanceConfig"];

/** Brings the machine of an instance to its new outputs. */
export async function instanceChanges(id: string, outputs: PlainMap, before: PlainMap, scope: Scope): Promise<void> {
  const { cloud } = scope;
  const running = (await cloud.instances.status(id)) === "RUNNING";
  const stops = needsStop.some((key) => !same(outputs[key] ?? null, before[key] ?? null));
  if (stops && running && outputs.desiredStatus !== "TERMINATED" && outputs.allowStoppingForUpdate !== true) {
    throw new Error(
      'Changing the machine_type, min_cpu_platform, service_account, enable_display, shielded_instance_config, scheduling.node_affinities, scheduling.max_run_duration or network_interface.[#d].(network/subnetwork/subnetwork_project) or advanced_machine_features on a started instance requires stopping it. To acknowledge this, please set allow_stopping_for_update = true in your config. You can also stop it by setting desired_status = "TERMINATED", but the instance will not be restarted after the update.',
    );
  }
  const bootBefore = (before.bootDisk as PlainMap).initializeParams as PlainMap;
  const bootNow = (outputs.bootDisk as PlainMap).initializeParams as PlainMap;
  if ((bootNow.size as number) < (bootBefore.size as number)) {
    throw new ApiError(400, `the boot disk has ${bootBefore.size} GB and cannot shrink`);
  }
  if (stops && running) await cloud.instances.stop(id);
  await changeAddress(id, outputs, before, scope);
  await changeDisks(id, outputs, before, scope);
  if (outputs.desiredStatus === "TERMINATED") await cloud.instances.stop(id);
  else if ((stops && running) || (outputs.desiredStatus === "RUNNING" && !running)) await cloud.instances.start(id);
  if (!same(outputs.tags ?? null, before.tags ?? null) || stops) await cloud.instances.applyFirewall();
}

async function changeAddress(id: string, outputs: PlainMap, before: PlainMap, { cloud }: Scope): Promise<void> {
  const nic = nicOf(outputs);
  const accessConfigs = settleAccess(nic, takenAddresses(cloud.store), id, cloud);
  const old = ((nicOf(before).accessConfigs ?? []) as PlainMap[])[0]?.natIp as string | undefined;
  const now = accessConfigs[0]?.natIp as string | undefined;
  outputs.networkInterfaces = [{ ...nic, accessConfigs }];
  cloud.store.put(instanceType, id, outputs);
  if (old === now) return;
  if (old) await cloud.instances.run(id, withoutExternalScript(old));
  if (now) await cloud.instances.run(id, externalScript(now));
}

async function changeDisks(id: string, outputs: PlainMap, before: PlainMap, { cloud }: Scope): Promise<void> {
  const instance = cloud.instances.get(id);
  if (instance === undefined || same(outputs.attachedDisks ?? null, before.attachedDisks ?? null)) return;
  cloud.store.put(instanceType, id, before);
  const old = cloud.instances.get(id)?.disks ?? [];
  cloud.store.put(instanceType, id, outputs);
  const isIn = (disks: readonly AttachedDisk[], disk: AttachedDisk) =>
    disks.some(
      ({ deviceName, disk: of, readOnly }) =>
        deviceName === disk.deviceName && of === disk.disk && readOnly === disk.readOnly,
    );
  for (const [index, disk] of old.entries()) {
    if (index > 0 && !isIn(instance.disks, disk)) await cloud.instances.unplug(id, disk, index);
  }
  for (const disk of instance.disks.slice(1)) {
    if (isIn(old, disk)) continue;
    checkDisk(cloud, disk.disk, id, disk.readOnly);
    await cloud.instances.plug(id, disk);
  }
}
