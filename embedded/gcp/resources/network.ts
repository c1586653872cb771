import { addressIn, overlap, parseCidr } from "../../core/cidr.ts";
import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { firewallRule, firewallType } from "../compute/firewall.ts";
import { instanceType } from "../compute/instance.ts";
import { isDefaultNetwork, networkType, subnetworkType } from "../compute/networks.ts";
import { fingerprint, idOf, newNumber, selfLink } from "../names.ts";
import type { Store } from "../store.ts";
import { projectOf, regionOfInputs, timestamp } from "./fields.ts";
import type { Kind } from "./kind.ts";

const api = "compute.googleapis.com";

export const network: Kind = {
  type: networkType,
  noun: "Network",
  api,
  id: ({ project, name }) => `projects/${project}/global/networks/${name}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const number = before?.networkId ?? newNumber(19);
    return {
      deletionPolicy: "DELETE",
      routingMode: "REGIONAL",
      mtu: 1460,
      bgpAlwaysCompareMed: false,
      bgpBestPathSelectionMode: "LEGACY",
      bgpInterRegionCost: "",
      internalIpv6Range: "",
      ...inputs,
      project,
      gatewayIpv4: "",
      networkId: number,
      numericId: number,
      selfLink: selfLink(`projects/${project}/global/networks/${inputs.name}`),
    };
  },
  async deleting(id, { name }, { cloud: { store } }) {
    const user = usersOf(store, selfLink(id))[0];
    if (user) throw new ApiError(400, `The network resource '${id}' is already being used by '${user}'`);
    if (name === "default") throw new ApiError(400, "The embedded cloud's own network stays.");
  },
};

export const subnetwork: Kind = {
  type: subnetworkType,
  noun: "Subnetwork",
  api,
  id: ({ project, region, name }) => `projects/${project}/regions/${region}/subnetworks/${name}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const region = regionOfInputs(inputs, scope);
    const range = inputs.ipCidrRange as string | undefined;
    if (range === undefined) throw new ApiError(400, "ip_cidr_range must be given");
    const parsed = rangeOf(range);
    const old = before && rangeOf(before.ipCidrRange as string);
    if (old && !(overlap(parsed, old) && parsed.bits <= old.bits)) {
      throw new ApiError(
        400,
        `${range} does not hold ${before?.ipCidrRange}: the real provider would replace the subnetwork`,
      );
    }
    return {
      deletionPolicy: "DELETE",
      privateIpGoogleAccess: false,
      purpose: "PRIVATE",
      stackType: "IPV4_ONLY",
      ...inputs,
      project,
      region,
      network: selfLink(networkOf(inputs.network as string, project, scope.cloud.store)),
      creationTimestamp: before?.creationTimestamp ?? timestamp(),
      fingerprint: fingerprint(inputs),
      gatewayAddress: addressIn(parsed, 1),
      selfLink: selfLink(`projects/${project}/regions/${region}/subnetworks/${inputs.name}`),
      state: "READY",
      subnetworkId: before?.subnetworkId ?? Number(newNumber(15)),
    };
  },
  async created(id, outputs, { cloud: { store } }) {
    for (const [other, { network: of, ipCidrRange }] of store.all(subnetworkType)) {
      if (other === id || of !== outputs.network) continue;
      if (overlap(rangeOf(outputs.ipCidrRange as string), rangeOf(ipCidrRange as string))) {
        throw new ApiError(
          400,
          `Invalid IPCidrRange: ${outputs.ipCidrRange} conflicts with existing subnetwork '${other}'`,
        );
      }
    }
    return undefined;
  },
  async deleting(id, _outputs, { cloud: { store } }) {
    const user = store.all(instanceType).find(([, outputs]) => nicOf(outputs).subnetwork === selfLink(id));
    if (user) throw new ApiError(400, `The subnetwork resource '${id}' is already being used by '${user[0]}'`);
  },
};

export const firewall: Kind = {
  type: firewallType,
  noun: "Firewall",
  api,
  id: ({ project, name }) => `projects/${project}/global/firewalls/${name}`,
  outputs(inputs, scope, before) {
    const project = projectOf(inputs, scope);
    const direction = (inputs.direction as string | undefined) ?? "INGRESS";
    const given = (key: string) => ((inputs[key] ?? []) as string[]).length > 0;
    if (given("allows") === given("denies")) throw new ApiError(400, "exactly one of allow, deny must be specified");
    const sources = ["sourceRanges", "sourceTags", "sourceServiceAccounts"];
    if (direction === "INGRESS" && !sources.some(given)) {
      throw new ApiError(400, "one of source_tags, source_ranges, or source_service_accounts must be defined");
    }
    if (direction === "EGRESS" && sources.some(given)) {
      throw new ApiError(400, "source_ranges, source_tags and source_service_accounts are for INGRESS");
    }
    for (const range of [
      ...((inputs.sourceRanges ?? []) as string[]),
      ...((inputs.destinationRanges ?? []) as string[]),
    ]) {
      rangeOf(range);
    }
    const outputs: PlainMap = {
      deletionPolicy: "DELETE",
      destinationRanges: direction === "EGRESS" ? ["0.0.0.0/0"] : [],
      enableLogging: inputs.logConfig !== undefined,
      ...inputs,
      direction,
      project,
      network: selfLink(networkOf(inputs.network as string, project, scope.cloud.store)),
      creationTimestamp: before?.creationTimestamp ?? timestamp(),
      selfLink: selfLink(`projects/${project}/global/firewalls/${inputs.name}`),
    };
    for (const { protocol, ports } of firewallRule({ ...outputs, disabled: false })?.protocols ?? []) {
      const bad = ports.find((port) => !/^\d{1,5}(-\d{1,5})?$/.test(port));
      if (bad !== undefined) throw new ApiError(400, `Invalid value for field 'ports': '${bad}'.`);
      if (ports.length > 0 && !/^(tcp|udp|sctp|6|17|132)$/.test(protocol)) {
        throw new ApiError(400, `Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].`);
      }
    }
    return outputs;
  },
  async created(_id, _outputs, { cloud }) {
    await cloud.instances.applyFirewall();
    return undefined;
  },
  updated: (_id, _outputs, _before, { cloud }) => cloud.instances.applyFirewall(),
  deleted: (_id, _outputs, { cloud }) => cloud.instances.applyFirewall(),
};

/** Id of a network that is there. */
export function networkOf(reference: string, project: string, store: Store): string {
  const id = idOf(reference, `projects/${project}/global/networks`);
  if (!isDefaultNetwork(id) && !store.get(networkType, id)) {
    throw new ApiError(404, `The resource '${id}' was not found`);
  }
  return id;
}

export function nicOf(outputs: PlainMap): PlainMap {
  return ((outputs.networkInterfaces ?? []) as PlainMap[])[0] ?? {};
}

function usersOf(store: Store, link: string): string[] {
  const using = [subnetworkType, firewallType].flatMap((type) =>
    store.all(type).flatMap(([id, { network: of }]) => (of === link ? [id] : [])),
  );
  const instances = store.all(instanceType).flatMap(([id, outputs]) => (nicOf(outputs).network === link ? [id] : []));
  return [...instances, ...using];
}

function rangeOf(text: string) {
  try {
    return parseCidr(text);
  } catch (error) {
    throw new ApiError(400, (error as Error).message);
  }
}
