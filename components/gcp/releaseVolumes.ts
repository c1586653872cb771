import type { App, Volume } from "../../compose/model.ts";
import { bindVolume } from "../carriedBinds.ts";
import { hashOf } from "../names.ts";
import { type Files, lines } from "./archive.ts";
import { toJson } from "./placeholder.ts";
import { isOnDataDisk, volumesOf } from "./placement.ts";

/** Name under which the data disk is attached, so that the VM finds it at /dev/disk/by-id/google-<name>. */
export const dataDiskName = "retrofit-data";

const volumesFolder = "/mnt/disks/data/volumes";

/** References by digest. */
interface Images {
  /** By service. */
  readonly images: Readonly<Record<string, string>>;
  /** With the content of each bound folder, by its path on this machine. */
  readonly folders: Readonly<Record<string, string>>;
}

/** The part of a release by which the VM makes volumes, and fills those that an image fills. */
export function volumeFiles(app: App, images: Images): Files {
  const files = new Map<string, string>();
  const names = volumeNames(app, images);
  const volumes = [...volumesOf(app).values()].filter(({ storage }) => storage !== "bucket");
  for (const volume of volumes) {
    const name = names.get(volume.name) as string;
    files.set(`volumes/${volume.name}.json`, toJson({ Name: name, ...volumeBody(volume) }));
  }
  const onDisk = volumes.filter(isOnDataDisk).map(({ name }) => name);
  if (onDisk.length > 0) files.set("disk", `/dev/disk/by-id/google-${dataDiskName}\n`);
  files.set("directories", lines(onDisk.map((name) => `${volumesFolder}/${name}`)));
  const folders = Object.entries(images.folders).map(([source, image]) => {
    const volume = bindVolume(app, source);
    const name = names.get(volume) as string;
    files.set(`volumes/${volume}.json`, toJson({ Name: name, ...contentOfImage }));
    return { name, image };
  });
  files.set("folders", lines(folders.map(({ name, image }) => `${name} ${image}`)));
  const fromImages = volumes.filter(({ storage }) => storage === "image").map(({ name }) => names.get(name) as string);
  files.set("imageVolumes", lines([...fromImages, ...folders.map(({ name }) => name)]));
  return files;
}

/** A volume that goes with the image that fills it. */
const contentOfImage = { Driver: "local", Labels: { "retrofit.image": "" } };

function volumeBody(volume: Volume): object {
  const { name, driver = "local", driverOpts, labels } = volume;
  if (volume.storage === "image") return { ...contentOfImage, Labels: { ...labels, ...contentOfImage.Labels } };
  if (!isOnDataDisk(volume)) return { Driver: driver, DriverOpts: driverOpts, Labels: labels };
  return {
    Driver: "local",
    DriverOpts: { type: "none", o: "bind", device: `${volumesFolder}/${name}` },
    Labels: labels,
  };
}

/** Names on the engine, which takes none of one letter. A volume with an image's content is a new one for each image: Docker fills only an empty one. */
export function volumeNames(app: App, { images, folders }: Images): ReadonlyMap<string, string> {
  const filledBy = (name: string, image: string) => `volume.${name}.${hashOf([image])}`;
  const volumes = [...volumesOf(app).values()].map(({ name, storage, imageOf }): [string, string] => [
    name,
    storage === "image" ? filledBy(name, images[imageOf as string] as string) : `volume.${name}`,
  ]);
  const filled = Object.entries(folders).map(([source, image]): [string, string] => {
    const name = bindVolume(app, source);
    return [name, filledBy(name, image)];
  });
  return new Map([...volumes, ...filled]);
}
