import { contains, parseCidr } from "../../core/cidr.ts";
import { ApiError } from "../apiError.ts";
import { instanceType } from "../compute/instance.ts";
import { freeExternal } from "../compute/network.ts";
import { newNumber, selfLink } from "../names.ts";
import type { Store } from "../store.ts";
import { labelOutputs, projectOf, regionOfInputs, timestamp } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { nicOf } from "./network.ts";

const addressType = "gcp:compute/address:Address";

/** A static address: one of those on the bridge at which this machine reaches the cloud's machines. */
export const address: Kind = {
  type: addressType,
  noun: "Address",
  api: "compute.googleapis.com",
  id: ({ project, region, name }) => `projects/${project}/regions/${region}/addresses/${name}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const region = regionOfInputs(inputs, scope);
    const link = selfLink(`projects/${project}/regions/${region}/addresses/${inputs.name}`);
    return {
      deletionPolicy: "DELETE",
      networkTier: "PREMIUM",
      prefixLength: 0,
      purpose: "",
      subnetwork: "",
      address: before?.address ?? "",
      ...inputs,
      ...labelOutputs(inputs, scope),
      project,
      region,
      addressId: before?.addressId ?? newNumber(19),
      creationTimestamp: before?.creationTimestamp ?? timestamp(),
      selfLink: link,
      users: before ? usersOf(scope.cloud.store, before.address as string) : [],
    };
  },
  async created(id, outputs, { cloud }) {
    await cloud.network();
    const taken = takenAddresses(cloud.store, id);
    const wanted = outputs.address as string;
    if (wanted !== "" && !contains(parseCidr(cloud.bridge.range), wanted)) {
      throw new ApiError(400, `Specified IP address is not in the embedded cloud's range ${cloud.bridge.range}.`);
    }
    if (taken.has(wanted)) throw new ApiError(409, `The IP address '${wanted}' is in use`);
    const found = wanted || freeExternal(cloud.bridge, taken);
    if (!found) throw new ApiError(403, "Quota 'STATIC_ADDRESSES' exceeded. Limit: 127.0 in region.");
    // At once, so that another address that is being made sees it.
    cloud.store.put(addressType, id, { ...outputs, address: found });
    return { address: found };
  },
  async live(_id, outputs, { cloud }) {
    return { ...outputs, users: usersOf(cloud.store, outputs.address as string) };
  },
  async deleting(id, outputs, { cloud }) {
    const [user] = usersOf(cloud.store, outputs.address as string);
    if (user) throw new ApiError(400, `The address resource '${id}' is already being used by '${user}'`);
  },
};

/** Addresses that are reserved or in use. @param except an address resource that does not count */
export function takenAddresses(store: Store, except?: string): Set<string> {
  const reserved = store
    .all(addressType)
    .flatMap(([id, outputs]) => (id === except ? [] : [outputs.address as string]));
  const used = store.all(instanceType).flatMap(([, outputs]) => externalOf(nicOf(outputs)) ?? []);
  return new Set([...reserved, ...used]);
}

export function externalOf(nic: { readonly accessConfigs?: unknown }): string | undefined {
  const [access] = (nic.accessConfigs ?? []) as { natIp?: string }[];
  return access?.natIp || undefined;
}

function usersOf(store: Store, external: string): string[] {
  if (external === "") return [];
  return store
    .all(instanceType)
    .flatMap(([id, outputs]) => (externalOf(nicOf(outputs)) === external ? [selfLink(id)] : []));
}
