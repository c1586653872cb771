import { contains, parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { imageOf, imageSize } from "../compute/image.ts";
import { freeExternal } from "../compute/network.ts";
import {
  autoSubnetwork,
  freeInternal,
  isDefaultNetwork,
  networkType,
  subnetworkRange,
  subnetworkType,
} from "../compute/networks.ts";
import { baseName, fingerprint, idOf, newNumber, regionOf, selfLink } from "../names.ts";
import { externalOf, takenAddresses } from "./address.ts";
import { labelOutputs, projectOf, timestamp, zoneOf } from "./fields.ts";
import type { Scope } from "./kind.ts";
import { defaultAccount } from "./lookup.ts";
import { networkOf, nicOf } from "./network.ts";

/** Bytes of one metadata value, and of all: https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations. */
const largestValue = 256 * 1024;
const largestMetadata = 512 * 1024;
const machineTypes =
  /^[a-z]\d[a-z]?-(micro|small|medium|(standard|highmem|highcpu|megamem|ultramem)-\d+|custom(-[a-z]+)*-\d+-\d+(-ext)?)$/;

/** All outputs of an instance but those that the cloud's network decides. */
export function instanceOutputs(inputs: PlainMap, scope: Scope, before?: PlainMap): PlainMap {
  const project = projectOf(inputs, scope);
  const zone = zoneOf(inputs, scope);
  const id = `projects/${project}/zones/${zone}/instances/${inputs.name}`;
  const place = `projects/${project}/zones/${zone}`;
  const machineType = baseName(inputs.machineType as string);
  if (!machineTypes.test(machineType)) {
    throw new ApiError(404, `The resource '${place}/machineTypes/${machineType}' was not found`);
  }
  checkMetadata(inputs);
  return {
    enableDisplay: false,
    minCpuPlatform: "",
    confidentialInstanceConfig: {},
    guestAccelerators: [],
    reservationAffinity: null,
    ...inputs,
    ...labelOutputs(inputs, scope),
    project,
    zone,
    machineType,
    tags: [...((inputs.tags ?? []) as string[])].sort(),
    bootDisk: bootDisk(inputs, place),
    attachedDisks: ((inputs.attachedDisks ?? []) as PlainMap[]).map((disk, index) => ({
      mode: "READ_WRITE",
      deviceName: `persistent-disk-${index + 1}`,
      ...disk,
      source: selfLink(idOf(disk.source as string, `${place}/disks`)),
    })),
    networkInterfaces: [nic(inputs, before, project, zone, scope)],
    scheduling: scheduling(inputs),
    serviceAccount: serviceAccount(inputs, project),
    shieldedInstanceConfig: {
      enableIntegrityMonitoring: true,
      enableSecureBoot: false,
      enableVtpm: true,
      ...(inputs.shieldedInstanceConfig as PlainMap | undefined),
    },
    cpuPlatform: "Intel Broadwell",
    creationTimestamp: before?.creationTimestamp ?? timestamp(),
    currentStatus: before?.currentStatus ?? "RUNNING",
    instanceId: before?.instanceId ?? newNumber(19),
    metadataFingerprint: fingerprint(inputs.metadata ?? {}),
    tagsFingerprint: fingerprint(inputs.tags ?? []),
    selfLink: selfLink(id),
  };
}

function checkMetadata({ metadata = {}, metadataStartupScript }: PlainMap): void {
  const values = { ...(metadata as Record<string, string>) };
  if (metadataStartupScript !== undefined) values["startup-script"] = metadataStartupScript as string;
  let sum = 0;
  for (const [key, value] of Object.entries(values)) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(key)) {
      throw new ApiError(400, `Invalid value for field 'metadata.items.key': '${key}'.`);
    }
    const size = Buffer.byteLength(value);
    if (size > largestValue) {
      throw new ApiError(
        400,
        `Value for metadata key '${key}' is too large: maximum size ${largestValue} character(s); actual size ${size}.`,
      );
    }
    sum += size + key.length;
  }
  if (sum > largestMetadata)
    throw new ApiError(400, `Metadata has size ${sum}, exceeding the total limit of ${largestMetadata}.`);
}

function bootDisk(inputs: PlainMap, place: string): PlainMap {
  const disk = inputs.bootDisk as PlainMap;
  const { image: reference, size = imageSize, ...more } = (disk.initializeParams ?? {}) as PlainMap;
  if (reference === undefined)
    throw new ApiError(400, "Invalid value for field 'resource.disks[0]': an image must be given.");
  const image = imageOf(reference as string);
  if (image === undefined) {
    throw new ApiError(
      404,
      `The resource '${reference}' was not found: the embedded cloud has Container-Optimized OS (cos-cloud) only`,
    );
  }
  if ((size as number) < imageSize) {
    throw new ApiError(400, `Requested disk size cannot be smaller than the image size (${imageSize} GB)`);
  }
  if (disk.autoDelete === false) throw new ApiError(400, "The embedded cloud's boot disks go with their instance.");
  return {
    autoDelete: true,
    deviceName: "persistent-disk-0",
    mode: "READ_WRITE",
    kmsKeySelfLink: "",
    ...disk,
    source: selfLink(`${place}/disks/${inputs.name}`),
    initializeParams: { type: "pd-standard", labels: {}, ...more, image: image.selfLink, size },
  };
}

function scheduling(inputs: PlainMap): PlainMap {
  const given = (inputs.scheduling ?? {}) as PlainMap;
  const spot = given.preemptible === true || given.provisioningModel === "SPOT";
  const all = {
    automaticRestart: !spot,
    onHostMaintenance: spot ? "TERMINATE" : "MIGRATE",
    preemptible: false,
    provisioningModel: spot ? "SPOT" : "STANDARD",
    ...given,
  };
  if (spot && all.automaticRestart) {
    throw new ApiError(400, "Invalid value for field 'resource.scheduling': a preemptible instance is not restarted.");
  }
  return all;
}

function serviceAccount(inputs: PlainMap, project: string): PlainMap | null {
  const given = inputs.serviceAccount as PlainMap | undefined;
  if (given === undefined) return null;
  const scopes = (given.scopes as string[]).map((scope) => aliases[scope] ?? scope);
  const bad = scopes.find((scope) => !scope.startsWith("https://www.googleapis.com/auth/"));
  if (bad) throw new ApiError(400, `Invalid value for field 'resource.serviceAccounts[0].scopes': '${bad}'.`);
  return { email: given.email ?? defaultAccount(project), scopes: [...new Set(scopes)].sort() };
}

/** https://cloud.google.com/sdk/gcloud/reference/alpha/compute/instances/set-scopes#--scopes */
const auth = "https://www.googleapis.com/auth/";
const aliases: Readonly<Record<string, string>> = {
  "cloud-platform": `${auth}cloud-platform`,
  "logging-write": `${auth}logging.write`,
  monitoring: `${auth}monitoring`,
  "monitoring-write": `${auth}monitoring.write`,
  "storage-full": `${auth}devstorage.full_control`,
  "storage-ro": `${auth}devstorage.read_only`,
  "storage-rw": `${auth}devstorage.read_write`,
  "userinfo-email": `${auth}userinfo.email`,
};

function nic(inputs: PlainMap, before: PlainMap | undefined, project: string, zone: string, scope: Scope): PlainMap {
  const list = inputs.networkInterfaces as PlainMap[];
  const [given] = list;
  if (given === undefined || list.length > 1)
    throw new ApiError(400, "The embedded cloud's instances have one network interface.");
  const old = before && nicOf(before);
  const { network, subnetwork } = place(given, project, regionOf(zone), scope);
  const accesses = (given.accessConfigs ?? []) as PlainMap[];
  const access = accesses.map((config) => ({
    networkTier: "PREMIUM",
    natIp: (old && externalOf(old)) ?? "",
    publicPtrDomainName: "",
    ...config,
  }));
  return {
    stackType: "IPV4_ONLY",
    nicType: "",
    ...given,
    name: "nic0",
    network: selfLink(network),
    subnetwork: selfLink(subnetwork),
    subnetworkProject: project,
    networkIp: given.networkIp ?? old?.networkIp ?? "",
    accessConfigs: access,
  };
}

/** The network and subnetwork that an interface means. */
function place(given: PlainMap, project: string, region: string, { cloud: { store } }: Scope) {
  if (given.subnetwork) {
    const subnetwork = idOf(given.subnetwork as string, `projects/${project}/regions/${region}/subnetworks`);
    const found = store.get(subnetworkType, subnetwork);
    if (found) return { network: idOf(found.network as string, ""), subnetwork };
    const network = `projects/${project}/global/networks/${baseName(subnetwork)}`;
    if (isAuto(store.get(networkType, network), network)) return { network, subnetwork };
    throw new ApiError(404, `The resource '${subnetwork}' was not found`);
  }
  if (!given.network) throw new ApiError(400, "exactly one of network or subnetwork must be provided");
  const network = networkOf(given.network as string, project, store);
  if (!isAuto(store.get(networkType, network), network)) {
    throw new ApiError(400, `Subnetwork must be specified for the custom mode network '${network}'`);
  }
  return { network, subnetwork: autoSubnetwork(network, region).id };
}

function isAuto(network: PlainMap | undefined, id: string): boolean {
  return network === undefined ? isDefaultNetwork(id) : network.autoCreateSubnetworks !== false;
}

/** The interfaces of a new instance with the addresses that the network gives it. */
export function settleNetwork(id: string, outputs: PlainMap, { cloud }: Scope): PlainMap[] {
  const nic = nicOf(outputs);
  const subnetwork = idOf(nic.subnetwork as string, "");
  const given = nic.networkIp as string;
  if (given && !contains(parseCidr(subnetworkRange(cloud.store, subnetwork)), given)) {
    throw new ApiError(400, `Requested internal IP address ${given} is outside the subnetwork`);
  }
  const networkIp = given || freeInternal(cloud.store, subnetwork);
  if (!networkIp) throw new ApiError(403, `The subnetwork '${subnetwork}' has no free address`);
  return [{ ...nic, networkIp, accessConfigs: settleAccess(nic, takenAddresses(cloud.store), id, cloud) }];
}

/** An external address for each access configuration: the one that is wanted, or any. */
export function settleAccess(nic: PlainMap, taken: ReadonlySet<string>, id: string, cloud: Scope["cloud"]): PlainMap[] {
  return ((nic.accessConfigs ?? []) as PlainMap[]).map((config) => {
    if (!config.natIp) {
      const natIp = freeExternal(cloud.bridge, taken);
      if (natIp === undefined) throw new ApiError(403, "Quota 'IN_USE_ADDRESSES' exceeded. Limit: 127.0 in region.");
      return { ...config, natIp };
    }
    const holder = cloud.instances.all().find((other) => other.id !== id && other.external === config.natIp);
    if (holder) throw new ApiError(400, `External IP address: ${config.natIp} is already in-use by '${holder.id}'.`);
    if (!contains(parseCidr(cloud.bridge.range), config.natIp as string)) {
      throw new ApiError(400, `The specified external IP address '${config.natIp}' was not found in the region.`);
    }
    return config;
  });
}
