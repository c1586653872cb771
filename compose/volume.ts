import type { Canonical } from "./canonical.ts";
import { keepsDatabase } from "./database.ts";
import type { Service, Volume, VolumeExtension } from "./model.ts";
import type { Reading } from "./reading.ts";

/** The app's volumes: those the file names and those that a service mounts without a name. */
export function toVolumes(
  canonical: Canonical,
  services: ReadonlyMap<string, Service>,
  reading: Reading,
): Map<string, Volume> {
  const named = Object.entries(canonical.volumes ?? {}).map(([key, volume]): [string, Volume] => {
    const { name = key, driver, driver_opts: driverOpts = {}, external = false, labels = {} } = volume ?? {};
    if (!external && name !== `${canonical.name}_${key}`) {
      reading.report.warn(
        ["volumes", key, "name"],
        "stacks get a volume of their own; to use an existing one, say external: true",
      );
    }
    return [
      key,
      {
        name: key,
        ...(driver ? { driver } : {}),
        driverOpts,
        labels,
        ...(external ? { external: name } : {}),
        ...storageOf(key, services, reading),
      },
    ];
  });
  const anonymous = [...services.values()].flatMap(({ mounts }) =>
    mounts.flatMap((mount): [string, Volume][] => {
      if (mount.kind !== "volume" || canonical.volumes?.[mount.volume] !== undefined) return [];
      return [[mount.volume, { name: mount.volume, driverOpts: {}, labels: {}, storage: "disk" }]];
    }),
  );
  return new Map([...named, ...anonymous].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function storageOf(key: string, services: ReadonlyMap<string, Service>, reading: Reading) {
  const extension: VolumeExtension = reading.extension.volumes?.[key] ?? {};
  const { storage = "disk", uid, gid, existing } = extension;
  const path = ["volumes", key];
  const users = [...services.values()].flatMap((service) =>
    service.mounts.flatMap((mount) => (mount.kind === "volume" && mount.volume === key ? [{ service, mount }] : [])),
  );
  if (storage === "bucket") {
    for (const { service, mount } of users) {
      const database = keepsDatabase(service, mount.target);
      if (database) {
        reading.report.problem(
          path,
          `is a bucket, but ${service.name} keeps ${database} there, which needs locks and writes in place that a bucket has not`,
          "Take storage: disk",
        );
      }
    }
  }
  const writer = users.find(({ mount }) => !mount.readOnly)?.service.name;
  if (storage === "image" && writer === undefined) {
    reading.report.problem(
      path,
      "takes its content from an image, but no service mounts it writable, so there is no image to take it from",
      "Mount it without read_only in the service whose image has the files",
    );
  }
  const fileMode = octal(extension.fileMode);
  const dirMode = octal(extension.dirMode);
  return {
    storage,
    ...(storage === "image" && writer !== undefined ? { imageOf: writer } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(fileMode === undefined ? {} : { fileMode }),
    ...(dirMode === undefined ? {} : { dirMode }),
    ...(existing === undefined ? {} : { existing }),
  };
}

function octal(mode: string | undefined): number | undefined {
  return mode === undefined ? undefined : Number.parseInt(mode, 8);
}
