import type { PlainMap } from "../../core/value.ts";
import { ApiError } from "../apiError.ts";
import { fingerprint, regionOf } from "../names.ts";
import type { Scope } from "./kind.ts";

/** Project of a resource: its own, or the provider's. */
export function projectOf(inputs: PlainMap, { place }: Scope): string {
  const project = inputs.project ?? place.project;
  if (!project) throw new ApiError(400, "project: required field is not set");
  return project as string;
}

export function zoneOf(inputs: PlainMap, { place }: Scope): string {
  const zone = (inputs.zone ?? place.zone) as string | undefined;
  if (!zone) throw new ApiError(400, "zone: required field is not set");
  if (!/^[a-z]+-[a-z]+\d+-[a-z]$/.test(zone)) throw new ApiError(400, `Invalid value for field 'zone': '${zone}'.`);
  return zone;
}

export function regionOfInputs(inputs: PlainMap, { place }: Scope): string {
  const region = (inputs.region ?? place.region ?? (place.zone && regionOf(place.zone))) as string | undefined;
  if (!region) throw new ApiError(400, "region: required field is not set");
  if (!/^[a-z]+-[a-z]+\d+$/.test(region)) throw new ApiError(400, `Invalid value for field 'region': '${region}'.`);
  return region;
}

/** The three sets of labels that the provider shows. */
export function labelOutputs(inputs: PlainMap, { place }: Scope): PlainMap {
  const own = (inputs.labels ?? {}) as Record<string, string>;
  for (const [key, value] of Object.entries(own)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(value)) {
      throw new ApiError(400, `Invalid value for field 'labels': '${key}=${value}'. Labels are lower-case.`);
    }
  }
  const labels = { ...place.defaultLabels, ...own };
  const effective = place.attribution ? { ...labels, "goog-pulumi-provisioned": "true" } : labels;
  return { labels: own, pulumiLabels: labels, effectiveLabels: effective, labelFingerprint: fingerprint(effective) };
}

/** The time, as Compute Engine writes it. */
export function timestamp(): string {
  return new Date().toISOString().replace("Z", "-00:00");
}
