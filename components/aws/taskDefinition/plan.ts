import { readFileSync } from "node:fs";
import type { App, Service, Volume } from "../../../compose/model.ts";
import { Report } from "../../../compose/report.ts";
import { Sources } from "../../../compose/source.ts";
import { bindKey, type CarriedBinds, readBinds, secretFilesOf, sharedNames } from "../../carriedBinds.ts";
import { fittingName } from "../../names.ts";
import { environmentKey, secretTexts } from "../../secretTexts.ts";
import { architectureOf, checkApp } from "../checks.ts";
import { listeningPorts } from "../listeningPorts.ts";
import { layerImage, preparationImage } from "./images.ts";
import type { DerivedImage, FileSystem, Plan, PlannedService, PlanOptions, SecretValue, Task } from "./model.ts";
import { connectPorts } from "./network.ts";
import { isText, storageOf } from "./storage.ts";

/**
 * What an app becomes on ECS, before anything is made.
 * @throws UserError with all that ECS cannot run
 */
export function planTasks(app: App, options: PlanOptions): Plan {
  const { launchType, contexts } = options;
  const report = new Report(new Sources([app.file], readIfPossible));
  const binds = readBinds(app);
  for (const problem of sharedNames(app, binds)) report.add(problem);
  const services = new Map(
    [...app.services.values()].map((service): [string, PlannedService] => [
      service.name,
      { storage: storageOf(app, service, { launchType, binds, report }), listening: listeningPorts(app, service) },
    ]),
  );
  checkApp({ app, launchType, services, report });
  const secrets = secretsOf(app, binds, report);
  const groups = launchType === "ec2" ? [[...app.services.values()]] : [...app.services.values()].map((each) => [each]);
  const images = new Map<string, DerivedImage>();
  for (const service of app.services.values()) {
    const { layer } = (services.get(service.name) as PlannedService).storage;
    if (layer.length > 0 || service.stopSignal !== undefined) addTo(images, layerImage(service, layer, contexts));
  }
  const tasks = groups.map((group) => toTask(app, group, services, images, options, report));
  report.throwProblems();
  return {
    launchType,
    tasks,
    images: [...images.values()],
    secrets,
    fileSystems: fileSystemsOf(app, services),
    warnings: report.findings(),
    services,
  };
}

function readIfPossible(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function toTask(
  app: App,
  group: readonly Service[],
  planned: ReadonlyMap<string, PlannedService>,
  images: Map<string, DerivedImage>,
  { launchType, contexts, architecture = "X86_64" }: PlanOptions,
  report: Report,
): Task {
  const [first] = group as [Service];
  const name = launchType === "ec2" ? app.name : first.name;
  const storages = group.map((service) => (planned.get(service.name) as PlannedService).storage);
  const volumes = storages.flatMap((storage) => storage.volumes);
  const written = storages.flatMap((storage) => storage.written);
  const platform = group.map((each) => each.platform).find((each) => each !== undefined);
  const prepares = volumes.some(({ seed }) => seed !== undefined) || written.length > 0;
  const preparation = prepares ? addTo(images, preparationImage(name, volumes, contexts, platform)) : undefined;
  const alone = launchType === "fargate";
  const { listening } = planned.get(first.name) as PlannedService;
  return {
    name,
    architecture: group.map((each) => architectureOf(app, each, launchType, report)).find(Boolean) ?? architecture,
    services: group.map((service) => service.name),
    job: alone && first.job,
    dependsOn: alone ? first.dependsOn : {},
    connect: alone ? connectPorts(first, listening) : [],
    ...(preparation === undefined ? {} : { preparation: preparation.name }),
    fileSystems: unique(volumes.flatMap(({ kept }) => kept ?? [])),
    secrets: unique([
      ...group.flatMap(secretVariables),
      ...written.flatMap(({ content }) => ("secret" in content ? [content.secret] : [])),
    ]),
  };
}

function addTo(images: Map<string, DerivedImage>, image: DerivedImage): DerivedImage {
  images.set(image.name, image);
  return image;
}

function secretVariables({ name, environment }: Service): string[] {
  return Object.entries(environment).flatMap(([variable, text]) =>
    typeof text === "string" ? [] : [environmentKey(name, variable)],
  );
}

/** Bytes that a secret of Secrets Manager holds at most. */
const largestSecret = 65_536;

function secretsOf(app: App, binds: CarriedBinds, report: Report): Map<string, SecretValue> {
  const secrets = new Map<string, SecretValue>();
  for (const [key, text] of secretTexts(app)) secrets.set(key, { kind: "text", text });
  for (const [where, file] of secretFilesOf(binds)) {
    const content = isText(file.content) ? file.content.toString() : file.content.toString("base64");
    if (content.length > largestSecret) {
      report.add({
        where,
        what: "it looks like a secret, and is longer than the 64 KiB that Secrets Manager keeps",
        mend: "Make it readable for others if it is none, or leave the mount out",
      });
    }
    secrets.set(bindKey(app, where), { kind: "file", content });
  }
  return new Map([...secrets].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As whom containers use a bucket of which nobody says it. Not root, and the same for all, as a bucket has one owner. */
const bucketUser = 1000;

function fileSystemsOf(app: App, services: ReadonlyMap<string, PlannedService>): Map<string, FileSystem> {
  const kept = [...services.values()].flatMap(({ storage }) => storage.volumes.flatMap((volume) => volume.kept ?? []));
  return new Map(unique(kept).map((key) => [key, fileSystemOf(key, app.volumes.get(key))]));
}

function fileSystemOf(key: string, volume: Volume | undefined): FileSystem {
  // https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html
  const path = `/${fittingName(key, /^(?!\.)[\w.-]+$/, 99)}`;
  if (volume?.storage !== "bucket") {
    // Root's until the task fills it as Docker fills a volume, from the image.
    return { storage: "disk", path, creationInfo: { ownerUid: 0, ownerGid: 0, permissions: "0755" } };
  }
  const { uid = bucketUser, gid = bucketUser, dirMode = 0o777, existing } = volume;
  return {
    storage: "bucket",
    path,
    posixUser: { uid, gid },
    creationInfo: { ownerUid: uid, ownerGid: gid, permissions: dirMode.toString(8).padStart(4, "0") },
    ...(existing === undefined ? {} : { existing }),
  };
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)].sort();
}
