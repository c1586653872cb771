import type { Instance } from "../compute/instance.ts";
import { baseName, projectNumber } from "../names.ts";
import { array, digits, type Folder, folder, lines, list, text } from "./tree.ts";

/** What the metadata server says to an instance. */
export function metadataOf(
  instance: Instance,
  project: Readonly<Record<string, string>>,
  guest: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Folder {
  const number = projectNumber(instance.project);
  return folder({
    instance: folder({
      attributes: attributes(instance.metadata),
      "cpu-platform": text("Intel Broadwell"),
      description: text(""),
      disks: list(
        instance.disks.map(({ deviceName, readOnly }, index) =>
          folder({
            "device-name": text(deviceName),
            index: digits(String(index)),
            interface: text("SCSI"),
            mode: text(readOnly ? "READ_ONLY" : "READ_WRITE"),
            type: text("PERSISTENT"),
          }),
        ),
      ),
      "guest-attributes": folder(
        Object.fromEntries(Object.entries(guest).map(([namespace, values]) => [namespace, attributes(values)])),
        true,
      ),
      hostname: text(instance.hostname),
      id: digits(instance.number),
      image: text("projects/cos-cloud/global/images/cos-stable"),
      "machine-type": text(`projects/${number}/machineTypes/${instance.machineType}`),
      "maintenance-event": text("NONE"),
      name: text(instance.name),
      "network-interfaces": list([nic(instance, number)]),
      preempted: text("FALSE"),
      "remaining-cpu-time": digits("-1"),
      scheduling: folder({
        "automatic-restart": text(instance.automaticRestart ? "TRUE" : "FALSE"),
        "on-host-maintenance": text(instance.onHostMaintenance),
        preemptible: text(instance.preemptible ? "TRUE" : "FALSE"),
      }),
      "service-accounts": accounts(instance),
      tags: array(instance.tags),
      zone: text(`projects/${number}/zones/${instance.zone}`),
    }),
    project: folder({
      attributes: attributes(project),
      "numeric-project-id": digits(number),
      "project-id": text(instance.project),
    }),
    universe: folder({ "universe-domain": text("googleapis.com") }),
  });
}

function attributes(values: Readonly<Record<string, string>>): Folder {
  return folder(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)])), true);
}

function nic(instance: Instance, number: string): Folder {
  return folder({
    "access-configs": list(
      instance.external === undefined
        ? []
        : [folder({ "external-ip": text(instance.external), type: text("ONE_TO_ONE_NAT") })],
    ),
    "dns-servers": lines(["169.254.169.254"]),
    ip: text(instance.internal),
    mtu: digits("1460"),
    network: text(`projects/${number}/networks/${baseName(instance.network)}`),
  });
}

function accounts({ account }: Instance): Folder {
  if (account === undefined) return folder({}, true);
  const of = folder({ aliases: lines(["default"]), email: text(account.email), scopes: lines(account.scopes) });
  return folder({ [account.email]: of, default: of }, true);
}
