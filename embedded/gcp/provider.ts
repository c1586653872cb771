import type { Provider } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { remoteProvider } from "../daemon/remote.ts";
import { gcpClient } from "./client.ts";
import { gcpFacts } from "./facts.ts";
import type { Place } from "./resources/kind.ts";

/**
 * Google Cloud, embedded. What is asked of it is asked of a daemon, which outlives the command.
 * @param folder of the cloud
 */
export function gcpProvider(folder: string): Provider {
  return remoteProvider(gcpFacts, gcpClient(folder), placeOf);
}

/** Where resources go that do not say so themselves; the environment's variables are those of the real provider. */
function placeOf(config: PlainMap): Place {
  const setting = (key: string, ...variables: readonly string[]) => {
    const value = (config[key] as string | undefined) || variables.map((name) => process.env[name]).find(Boolean);
    return value ? { [key]: value } : {};
  };
  return {
    ...setting("project", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    ...setting("region", "GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    ...setting("zone", "GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
    defaultLabels: (config.defaultLabels ?? {}) as Record<string, string>,
    attribution: config.addPulumiAttributionLabel !== false,
  };
}
