import { ApiError } from "../apiError.ts";
import { projectNumber } from "../names.ts";
import type { Store } from "../store.ts";

export const serviceType = "gcp:projects/service:Service";
/** APIs that stay enabled although no program keeps them any more. */
export const leftEnabledType = "leftEnabled";

/** APIs that a new project has: https://cloud.google.com/service-usage/docs/enabled-service#default. */
const always = new Set(
  ["bigquery", "cloudapis", "cloudtrace", "datastore", "logging", "monitoring", "servicemanagement", "serviceusage"]
    .concat(["sql-component", "storage", "storage-api", "storage-component"])
    .map((name) => `${name}.googleapis.com`),
);

const titles: Readonly<Record<string, string>> = {
  "artifactregistry.googleapis.com": "Artifact Registry API",
  "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
  "compute.googleapis.com": "Compute Engine API",
  "iam.googleapis.com": "Identity and Access Management (IAM) API",
  "secretmanager.googleapis.com": "Secret Manager API",
};

function isEnabled(store: Store, api: string, project: string): boolean {
  const id = `${project}/${api}`;
  return always.has(api) || [serviceType, leftEnabledType].some((type) => store.get(type, id) !== undefined);
}

/** @throws ApiError as the API itself does while it is not enabled */
export function checkEnabled(store: Store, api: string, project: string): void {
  if (isEnabled(store, api, project)) return;
  const number = projectNumber(project);
  throw new ApiError(
    403,
    `${titles[api] ?? api} has not been used in project ${number} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${api}/overview?project=${number} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
  );
}
