import { AwsError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import { invalid } from "../ecs/placement.ts";
import { specOf } from "../ecs/spec.ts";
import { clusterOf } from "../resources/service.ts";
import { types } from "../types.ts";
import { operation } from "./request.ts";
import { serviceView } from "./views.ts";

/**
 * The number of tasks alone, which starts no deployment, or the same once more, which does.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
export const updateService = operation<{ cluster?: string; service: string } & Partial<Change>>(
  { cluster: "string", service: "string", desiredCount: "integer", forceNewDeployment: "boolean" },
  ({ cluster = "default", service, desiredCount, forceNewDeployment = false }, { cloud, home }) => {
    const clusterArn = clusterOf(cloud.store, cluster, home);
    const own = service.startsWith("arn:") ? service : `${clusterArn.replace(":cluster/", ":service/")}/${service}`;
    const before = neededService(cloud, own);
    if (desiredCount !== undefined && desiredCount < 0) throw invalid("desiredCount must not be negative.");
    const outputs = desiredCount === undefined ? before : { ...before, desiredCount };
    cloud.store.put(types.service, own, outputs);
    cloud.runtime.serviceChanged(own, forceNewDeployment);
    return { service: serviceView(specOf(outputs), cloud.runtime.serviceStatus(own), []) };
  },
);

/** What of a service is changed. */
interface Change {
  readonly desiredCount: number;
  readonly forceNewDeployment: boolean;
}

/** Tags of a service. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html */
export const tagResource = operation<{ resourceArn: string; tags: { key: string; value: string }[] }>(
  { resourceArn: "string", tags: { list: { fields: { key: "string", value: "string" } } } },
  ({ resourceArn, tags }, { cloud }) => {
    const outputs = neededService(cloud, resourceArn);
    const added = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    cloud.store.put(types.service, resourceArn, {
      ...outputs,
      tags: { ...(outputs.tags as object), ...added },
      tagsAll: { ...(outputs.tagsAll as object), ...added },
    });
    return {};
  },
);

function neededService({ store }: Cloud, own: string) {
  const outputs = store.get(types.service, own);
  if (outputs === undefined) throw new AwsError("ServiceNotFoundException", "Service not found.");
  return outputs;
}
