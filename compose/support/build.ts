import { mapped, only, type Row, refused, warned } from "./row.ts";

const B = "services.*.build";
const CACHE = "the builder keeps its own cache";

/** Fields of `build`. */
export const buildRows: readonly Row[] = [
  mapped(B),
  mapped(`${B}.context`, "a folder"),
  mapped(`${B}.dockerfile`),
  refused(
    `${B}.dockerfile_inline`,
    "builds read their Dockerfile from a file",
    "Write it to a file and name that as dockerfile",
  ),
  refused(`${B}.entitlements`, "builds get no extra rights", "Remove it"),
  mapped(`${B}.args`, "public only: the image's history shows them"),
  refused(`${B}.ssh`, "keys of this machine are not handed to builds", "Use build.secrets"),
  mapped(`${B}.labels`),
  warned(`${B}.cache_from`, CACHE),
  warned(`${B}.cache_to`, CACHE),
  warned(`${B}.no_cache`, "an image is built again when its context has changed, with the builder's cache"),
  mapped(`${B}.additional_contexts`, "folders, docker-image:// and service:"),
  refused(`${B}.network`, "builds use the builder's own network", "Remove it", only("default")),
  warned(`${B}.provenance`, "attestations are left out, so that one digest names one image everywhere", only("false")),
  warned(`${B}.sbom`, "attestations are left out, so that one digest names one image everywhere", only("false")),
  warned(`${B}.pull`, "the builder looks for newer base images by itself"),
  mapped(`${B}.target`),
  refused(`${B}.shm_size`, "builds have the builder's own limits", "Remove it"),
  refused(`${B}.extra_hosts`, "host names of a build are not carried over", "Remove it, or pass addresses as args"),
  refused(`${B}.isolation`, "it is for Windows containers", "Remove it", only("default")),
  refused(`${B}.privileged`, "builds get no extra rights", "Remove it"),
  mapped(`${B}.secrets`),
  mapped(`${B}.secrets.source`),
  mapped(`${B}.secrets.target`, "the id by which a RUN step mounts it"),
  warned(`${B}.secrets.uid`, "the RUN step that mounts it says who owns it"),
  warned(`${B}.secrets.gid`, "the RUN step that mounts it says who owns it"),
  warned(`${B}.secrets.mode`, "the RUN step that mounts it says who may read it"),
  warned(`${B}.tags`, "images get the tags of the registry that they are pushed to"),
  refused(`${B}.ulimits`, "builds have the builder's own limits", "Remove it"),
  refused(`${B}.ulimits.*`, "builds have the builder's own limits", "Remove it"),
  refused(`${B}.ulimits.*.soft`, "builds have the builder's own limits", "Remove it"),
  refused(`${B}.ulimits.*.hard`, "builds have the builder's own limits", "Remove it"),
  mapped(`${B}.platforms`),
];
