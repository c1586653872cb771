import type { App, Network, Service } from "../../compose/model.ts";
import { bindKey, bindVolume, type CarriedBinds, type CarriedFile, isGone } from "../carriedBinds.ts";
import { speechOf } from "../endpoint.ts";
import { hashOf } from "../names.ts";
import { publishedPorts } from "../openPorts.ts";
import { environmentKey, fileKey } from "../secretTexts.ts";
import { type Files, lines } from "./archive.ts";
import { type BucketMount, type BucketWriter, mountBody } from "./bucketMount.ts";
import { bucketsOf, containerBody, networkName } from "./containerBody.ts";
import { placeholder, toJson, toText } from "./placeholder.ts";
import { attachmentsOf, gatewayOf, kindOf, volumesOf } from "./placement.ts";
import { volumeFiles, volumeNames } from "./releaseVolumes.ts";
import { unit } from "./unit.ts";
import { machineFile } from "./userData.ts";

/** What a release is made of, beside the app itself. Plain data, and no secret values. */
export interface ReleaseInputs {
  /** Image reference of each service, by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Reference of the image with the content of each bound folder, by digest, by its path on this machine. */
  readonly folders: Readonly<Record<string, string>>;
  /** `projects/P/secrets/S/versions/N` of each secret, by its key. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly binds: CarriedBinds;
  /** How each bucket is mounted, by volume. */
  readonly buckets: Readonly<Record<string, BucketMount>>;
  /** Google's registries that ask for a login. */
  readonly registries: readonly string[];
  /** Other registries that do. */
  readonly logins: readonly { readonly host: string; readonly user: string; readonly secret: string }[];
  /** Seconds that the release may take. */
  readonly timeout: number;
  /** Counted up to have a failed release tried again. */
  readonly attempt: number;
}

const parts = ["report", "secrets", "engine", "prepare", "services", "verdict", "bucket", "ports", "finish"];

/** An app's release as the files that the VM works with; see docs/adr/0030-release-on-a-vm.md. */
export function releaseFiles(app: App, inputs: ReleaseInputs): Files {
  const files = new Map<string, string | Buffer>([
    ["deploy", [...parts.map((part) => machineFile(`lib/${part}`)), machineFile("deploy")].join("\n")],
    ["container", machineFile("container")],
    ["timeout", `${inputs.timeout}\n`],
    ["try", `${inputs.attempt}\n`],
    ["registries", inputs.registries.join(",")],
    ["logins", lines(inputs.logins.map(({ host, user, secret }) => `${host} ${user} ${secret}`))],
    ["hostPorts", lines(hostPorts(app))],
  ]);
  const mounts = Object.keys(inputs.buckets).sort();
  files.set("order", lines([...mounts.map(mountName), ...app.services.keys()]));
  for (const volume of mounts) {
    const mount = inputs.buckets[volume] as BucketMount;
    const isOwned = mount.uid !== undefined && mount.gid !== undefined;
    addService(files, mountName(volume), mountFiles(volume, mount, isOwned ? undefined : writerOf(app, volume)));
  }
  for (const service of app.services.values()) addService(files, service.name, serviceFiles(app, service, inputs));
  for (const network of app.networks.values()) addNetwork(files, network);
  for (const [path, content] of volumeFiles(app, inputs)) files.set(path, content);
  return files;
}

/** Name of the service that mounts the bucket of a volume. */
function mountName(volume: string): string {
  return `bucket.${volume}`;
}

function addService(files: Map<string, string | Buffer>, name: string, own: Files): void {
  for (const [path, content] of own) files.set(`services/${name}/${path}`, content);
  files.set(`services/${name}/definition`, `${hashOf([...own].flat())}\n`);
}

function serviceFiles(app: App, service: Service, inputs: ReleaseInputs): Files {
  const kind = kindOf(app, service);
  const volumes = volumesOf(app);
  const attachments = attachmentsOf(app, service);
  const buckets = bucketsOf(service, volumes);
  const image = inputs.images[service.name] as string;
  const carried = carriedFiles(app, service, inputs);
  const secretVariables = Object.keys(service.environment)
    .filter((variable) => typeof service.environment[variable] !== "string")
    .sort();
  const body = containerBody(service, {
    image,
    attachments,
    outlives: kind === "inPlace",
    volumes,
    volumeNames: volumeNames(app, inputs),
    secretOf: (variable) => placeholder(`secret:${secretVariables.indexOf(variable)}`),
    filePaths: carried.map(({ target }) => target),
    bindOf: (mount) => {
      const { cloud, source } = mount;
      if (cloud === "drop") return isGone(mount) ? "nothing" : "scratch";
      if (cloud === "disk") return { volume: bindVolume(app, source) };
      const isFolder = inputs.binds.get(source)?.kind === "folder";
      return isFolder ? { volume: bindVolume(app, source), isFilled: true } : "nothing";
    },
  });
  const { restart, stopGracePeriod, name } = service;
  return new Map<string, string | Buffer>([
    ["kind", `${kind}\n`],
    ["image", `${image}\n`],
    ["container.json", toJson(body)],
    ["secrets", lines(secretVariables.map((variable) => secretOf(inputs, environmentKey(name, variable))))],
    [
      "needs",
      lines([
        ...buckets.map((volume) => `started ${mountName(volume)}`),
        ...Object.entries(service.dependsOn).map(([needed, condition]) => `${condition} ${needed}`),
      ]),
    ],
    [
      "networks",
      lines(
        attachments.map(({ network, aliases, ipv4Address }) =>
          [
            network,
            ...(ipv4Address ? ["--ip", ipv4Address] : []),
            ...aliases.flatMap((alias) => ["--alias", alias]),
          ].join(" "),
        ),
      ),
    ],
    [
      "files",
      lines(
        carried.map(
          ({ uid, gid, mode, secret }, number) => `${number} ${uid} ${gid} ${mode.toString(8)} ${secret ?? "-"}`,
        ),
      ),
    ],
    ...carried.flatMap(({ content }, number): [string, string | Buffer][] =>
      content === undefined ? [] : [[`file-${number}`, content]],
    ),
    ["gateway", gatewayOf(app, service) ?? ""],
    [
      "ports",
      lines(
        publishedPorts(service).map(
          ({ protocol, published, target }) => `${protocol} ${published} ${target} ${speechOf(target)}`,
        ),
      ),
    ],
    ...(kind === "job"
      ? []
      : [
          ["unit", unit({ description: `${name} of ${app.name}`, restart, stopGracePeriod, buckets })] as [
            string,
            string,
          ],
        ]),
  ]);
}

/** The first service that may write to a volume. */
function writerOf(app: App, volume: string): BucketWriter | undefined {
  const mountsIt = ({ mounts }: Service) =>
    mounts.some((mount) => mount.kind === "volume" && mount.volume === volume && !mount.readOnly);
  const writer = [...app.services.values()].find(mountsIt);
  return writer && { service: writer.name, user: writer.user };
}

/** The service that mounts a bucket: like any other that runs in place. */
function mountFiles(volume: string, mount: BucketMount, writer?: BucketWriter): Files {
  return new Map([
    ["kind", "mount\n"],
    ["image", `${mount.image}\n`],
    ["container.json", toJson(mountBody(volume, mount, writer))],
    ["owner", writer ? `${writer.service} ${writer.user ?? ""}\n` : ""],
    ...["secrets", "needs", "networks", "files", "ports", "gateway"].map((name): [string, string] => [name, ""]),
    ["unit", unit({ description: `The bucket ${mount.bucket}`, restart: { policy: "always" }, mounts: volume })],
  ]);
}

interface Carried {
  readonly target: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Name of the secret that is its content; or the content. */
  readonly secret?: string;
  readonly content?: string | Buffer;
}

function carriedFiles(app: App, service: Service, inputs: ReleaseInputs): Carried[] {
  const own = service.files.map(
    ({ kind, name, target, content, uid = 0, gid = 0, mode }): Carried => ({
      target,
      uid,
      gid,
      mode,
      ...(typeof content === "string" ? { content } : { secret: secretOf(inputs, fileKey(kind, name)) }),
    }),
  );
  const bound = service.mounts.flatMap((mount): Carried[] => {
    if (mount.kind !== "bind" || mount.cloud !== undefined) return [];
    const { source, target } = mount;
    const bind = inputs.binds.get(source);
    if (bind?.kind === "file") return [carriedFile(app, source, target, bind.file, inputs)];
    return [...(bind?.secrets ?? [])].map(([path, file]) =>
      carriedFile(app, `${source}/${path}`, `${target}/${path}`, file, inputs),
    );
  });
  return [...own, ...bound];
}

function carriedFile(
  app: App,
  source: string,
  target: string,
  { secret, content, mode }: CarriedFile,
  inputs: ReleaseInputs,
): Carried {
  const from = secret ? { secret: secretOf(inputs, bindKey(app, source)) } : { content };
  return { target, uid: 0, gid: 0, mode, ...from };
}

function secretOf({ secrets }: ReleaseInputs, key: string): string {
  const name = secrets[key];
  if (name === undefined) throw new Error(`No secret was made for ${key}`);
  return name;
}

/** Which ports its services take on the VM's own network nobody says: those that the world may reach. */
function hostPorts(app: App): string[] {
  const onHost = [...app.services.values()].some(({ networkMode }) => networkMode === "host");
  return onHost ? [...new Set([80, 443, ...(app.expose ?? [])])].map((port) => `tcp ${port}`) : [];
}

function addNetwork(files: Map<string, string | Buffer>, network: Network): void {
  const { name, internal, driver = "bridge", driverOpts, labels, subnets } = network;
  const fixed = subnets.length > 0;
  const engineName = networkName({ network: name, fixed });
  const body = {
    Name: engineName,
    CheckDuplicate: true,
    Driver: driver,
    Internal: internal,
    Options: driverOpts,
    Labels: { ...labels, "retrofit.release": fixed ? "all" : placeholder("release") },
    IPAM: fixed
      ? {
          Config: subnets.map(({ subnet, gateway, ipRange }) => ({
            Subnet: subnet,
            Gateway: gateway,
            IPRange: ipRange,
          })),
        }
      : undefined,
  };
  files.set(`networks/${name}.json`, toJson(body));
  files.set(`networks/${name}.name`, toText(engineName));
}
