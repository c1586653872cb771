import type { PlainMap } from "../../core/value.ts";
import { idOf } from "../names.ts";

export const instanceType = "gcp:compute/instance:Instance";

/** What the cloud needs to know of an instance, read from the outputs of its resource. */
export interface Instance {
  /** `projects/p/zones/z/instances/n`. */
  readonly id: string;
  /** Digits. */
  readonly number: string;
  readonly project: string;
  readonly zone: string;
  readonly name: string;
  readonly hostname: string;
  readonly machineType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly account?: { readonly email: string; readonly scopes: readonly string[] };
  /** Address in the subnetwork. */
  readonly internal: string;
  readonly network: string;
  readonly subnetwork: string;
  /** Address that the world reaches it by. */
  readonly external?: string;
  readonly automaticRestart: boolean;
  readonly onHostMaintenance: string;
  readonly preemptible: boolean;
  /** In the order of their attachment. The boot disk is the first. */
  readonly disks: readonly AttachedDisk[];
}

export interface AttachedDisk {
  /** Id of the disk. */
  readonly disk: string;
  /** The guest sees it as `/dev/disk/by-id/google-<deviceName>`. */
  readonly deviceName: string;
  readonly readOnly: boolean;
}

export function instanceOf(id: string, outputs: PlainMap, attached: readonly AttachedDisk[] = []): Instance {
  const [, project = "", , zone = ""] = id.split("/");
  const [nic = {}] = outputs.networkInterfaces as PlainMap[];
  const [access] = (nic.accessConfigs ?? []) as PlainMap[];
  const account = outputs.serviceAccount as PlainMap | undefined;
  const scheduling = (outputs.scheduling ?? {}) as PlainMap;
  const name = outputs.name as string;
  const boot = outputs.bootDisk as PlainMap;
  const own = ((outputs.attachedDisks ?? []) as PlainMap[]).map((disk) => ({
    disk: idOf(disk.source as string, ""),
    deviceName: disk.deviceName as string,
    readOnly: disk.mode === "READ_ONLY",
  }));
  return {
    id,
    number: outputs.instanceId as string,
    project,
    zone,
    name,
    hostname: (outputs.hostname as string | undefined) ?? `${name}.${zone}.c.${project}.internal`,
    machineType: outputs.machineType as string,
    metadata: metadataOf(outputs),
    tags: (outputs.tags ?? []) as string[],
    ...(account && { account: { email: account.email as string, scopes: account.scopes as string[] } }),
    internal: nic.networkIp as string,
    network: idOf(nic.network as string, ""),
    subnetwork: idOf(nic.subnetwork as string, ""),
    ...(access?.natIp ? { external: access.natIp as string } : {}),
    automaticRestart: scheduling.automaticRestart !== false,
    onHostMaintenance: (scheduling.onHostMaintenance as string | undefined) ?? "MIGRATE",
    preemptible: scheduling.preemptible === true,
    disks: [
      { disk: boot.source as string, deviceName: boot.deviceName as string, readOnly: false },
      ...own,
      ...attached,
    ],
  };
}

function metadataOf(outputs: PlainMap): Record<string, string> {
  const script = outputs.metadataStartupScript as string | undefined;
  return {
    ...((outputs.metadata ?? {}) as Record<string, string>),
    ...(script === undefined ? {} : { "startup-script": script }),
  };
}

/** Whether the metadata says so, in any of the spellings that Google's agents take for true. */
export function isOn(metadata: Readonly<Record<string, string>>, key: string): boolean {
  return /^(true|1|y|yes)$/i.test(metadata[key] ?? "");
}
