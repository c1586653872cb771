import type { App, Service, Volume } from "../../compose/model.ts";
import { bindsOf, bindVolume } from "../carriedBinds.ts";
import type { NetworkAttachment } from "./containerBody.ts";
import { networkName } from "./containerBody.ts";
import { toText } from "./placeholder.ts";

/** Whether a service is started beside the old one, runs in its place, or runs once a release. */
export type Kind = "beside" | "inPlace" | "job";

/** All volumes of an app on a VM: its own, and those that stand for binds kept on the disk. */
export function volumesOf(app: App): ReadonlyMap<string, Volume> {
  const binds = bindsOf(app).flatMap(({ mount }): [string, Volume][] => {
    const name = bindVolume(app, mount.source);
    return mount.cloud === "disk" ? [[name, { name, driverOpts: {}, labels: {}, storage: "disk" }]] : [];
  });
  return new Map([...app.volumes, ...binds].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a volume lives on the data disk. A driver of the user's, such as nfs, has a place of its own. */
export function isOnDataDisk({ storage, driver, driverOpts }: Volume): boolean {
  return storage === "disk" && (driver ?? "local") === "local" && Object.keys(driverOpts).length === 0;
}

/** Whether an app has a volume on the data disk, and so the disk. */
export function needsDataDisk(app: App): boolean {
  return [...volumesOf(app).values()].some(isOnDataDisk);
}

/** Two of one kind can run at once unless they write the same disk, or take the same port or address of the VM. */
export function kindOf(app: App, service: Service): Kind {
  if (service.job) return "job";
  const volumes = volumesOf(app);
  const writes = service.mounts.some((mount) => {
    if (mount.kind === "bind") return mount.cloud === "disk" && !mount.readOnly;
    return mount.kind === "volume" && !mount.readOnly && volumes.get(mount.volume)?.storage === "disk";
  });
  const fixed = attachmentsOf(app, service).some((attachment) => attachment.fixed);
  return writes || fixed || service.networkMode === "host" ? "inPlace" : "beside";
}

/** A service's networks by their names on the engine: the first that leads outside is its gateway, as Docker chooses it. */
export function attachmentsOf(app: App, service: Service): NetworkAttachment[] {
  if (service.networkMode !== "bridge") return [];
  return [...service.networks]
    .map(([network, { aliases, ipv4Address }]) => {
      const { subnets = [], internal = false } = app.networks.get(network) ?? {};
      return { network, fixed: subnets.length > 0, internal, aliases, ipv4Address };
    })
    .sort((a, b) => (networkName(a) < networkName(b) ? -1 : 1));
}

/** Name on the VM's engine of the network through which published ports are reached; undefined where none leads outside. */
export function gatewayOf(app: App, service: Service): string | undefined {
  const outside = attachmentsOf(app, service).find(({ internal }) => !internal);
  return outside && toText(networkName(outside));
}
