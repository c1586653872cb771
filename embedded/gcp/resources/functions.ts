import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { imageOf, imageSize } from "../compute/image.ts";
import { isOn } from "../compute/instance.ts";
import { projectNumber } from "../names.ts";
import { projectOf, regionOfInputs, zoneOf } from "./fields.ts";
import type { Scope } from "./kind.ts";

type CloudFunction = (args: PlainMap, scope: Scope) => Promise<PlainMap>;

/** The functions of the provider that read from the cloud. */
export const functions: Readonly<Record<string, CloudFunction>> = {
  "gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes": guestAttributes,
  "gcp:compute/getImage:getImage": image,
  "gcp:organizations/getProject:getProject": project,
  "gcp:organizations/getClientConfig:getClientConfig": clientConfig,
};

/** https://cloud.google.com/compute/docs/metadata/manage-guest-attributes */
async function guestAttributes(args: PlainMap, scope: Scope): Promise<PlainMap> {
  const owner = projectOf(args, scope);
  const zone = zoneOf(args, scope);
  const id = `projects/${owner}/zones/${zone}/instances/${args.name}`;
  const instance = scope.cloud.instances.get(id);
  if (instance === undefined) throw notFound(`The resource '${id}' was not found`);
  const path = ((args.queryPath ?? args.variableKey ?? "") as string).replace(/^\//, "");
  const [namespace = "", key = ""] = path.split("/");
  const values = Object.entries(scope.cloud.store.guestAttributes(id)).flatMap(([each, attributes]) =>
    namespace === "" || each === namespace
      ? Object.entries(attributes).map(([name, value]) => ({ namespace: each, key: name, value }))
      : [],
  );
  const found = key === "" ? values : values.filter((each) => each.key === key);
  if (!isOn(instance.metadata, "enable-guest-attributes")) {
    throw notFound("The resource is not found: guest attributes are not enabled (enable-guest-attributes)");
  }
  if (found.length === 0) throw notFound(`The resource '${path}' of type 'Guest Attribute' was not found.`);
  return {
    id: `${id}${path === "" ? "" : `/${path}`}`,
    name: args.name as string,
    project: owner,
    region: regionOfInputs({ ...args, region: args.region ?? zone.replace(/-[a-z]$/, "") }, scope),
    zone,
    ...(args.queryPath === undefined ? {} : { queryPath: args.queryPath }),
    ...(args.variableKey === undefined ? {} : { variableKey: args.variableKey }),
    queryValues: args.queryPath === undefined ? [] : found,
    variableValue: args.variableKey === undefined ? "" : (found[0]?.value ?? ""),
  };
}

async function image(args: PlainMap): Promise<PlainMap> {
  const { project: owner = "cos-cloud", family, name } = args;
  const found = imageOf(`${owner}/${name ?? family ?? ""}`);
  if (found === undefined)
    throw notFound(`the image ${owner}/${name ?? family}: the embedded cloud has cos-cloud only`);
  return {
    ...args,
    id: `projects/cos-cloud/global/images/${found.name}`,
    name: found.name,
    family: found.family,
    project: "cos-cloud",
    selfLink: found.selfLink,
    diskSizeGb: imageSize,
    archiveSizeBytes: 0,
    creationTimestamp: "2025-01-01T00:00:00.000-08:00",
    description: "Google, Container-Optimized OS, imitated by the embedded cloud",
    imageEncryptionKeySha256: "",
    imageId: "1",
    labelFingerprint: "",
    labels: {},
    licenses: [],
    sourceDisk: "",
    sourceDiskEncryptionKeySha256: "",
    sourceDiskId: "",
    sourceImageId: "",
    status: "READY",
  };
}

async function project(args: PlainMap, scope: Scope): Promise<PlainMap> {
  const id = projectOf({ project: args.projectId ?? null }, scope);
  return {
    id: `projects/${id}`,
    projectId: id,
    name: id,
    number: projectNumber(id),
    autoCreateNetwork: true,
    billingAccount: "000000-000000-000000",
    deletionPolicy: "PREVENT",
    effectiveLabels: {},
    folderId: "",
    labels: {},
    orgId: "",
    pulumiLabels: {},
    tags: {},
  };
}

async function clientConfig(_args: PlainMap, scope: Scope): Promise<PlainMap> {
  const { place } = scope;
  return {
    id: projectOf({}, scope),
    project: place.project ?? "",
    region: place.region ?? "",
    zone: place.zone ?? "",
    accessToken: "",
    defaultLabels: { ...place.defaultLabels },
  };
}

function notFound(message: string): Error {
  const { code, reason } = new ApiError(404, message);
  return new Error(`googleapi: Error ${code}: ${message}, ${reason}`);
}
