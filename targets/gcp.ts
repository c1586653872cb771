import * as pulumi from "@pulumi/pulumi";
import { referencesOf } from "../components/appImages.ts";
import { ContainerRegistry } from "../components/gcp/containerRegistry.ts";
import { type DataDiskKind, dataDiskKind, dataDiskProblems } from "../components/gcp/dataDisk.ts";
import { Deployment } from "../components/gcp/deployment.ts";
import { needsDataDisk } from "../components/gcp/placement.ts";
import { ProjectServices } from "../components/gcp/projectServices.ts";
import { lastOutputs } from "../components/lastOutputs.ts";
import { nameStem } from "../components/names.ts";
import type { Registry } from "../components/registries/registry.ts";
import { registryAt } from "../components/registries/select.ts";
import type { App } from "../compose/model.ts";
import type { GcpConfig } from "../config/gcp.ts";
import type { CommonConfig } from "../config.ts";
import { UserError } from "../userError.ts";
import { contextsFolder, imagesOf } from "./images.ts";
import type { Outputs } from "./target.ts";

type Config = CommonConfig & { readonly gcp: GcpConfig };

/** What is left of the 63 characters of Google Cloud's names beside `-vpc-subnetwork` and the 8 that Pulumi adds. */
const longestName = 40;

/** One VM with Container-Optimized OS, its uploads in a bucket. */
export async function deployToGcp(app: App, config: Config): Promise<Outputs> {
  const { project, zone, vm, dataDisk, buckets, allBuckets, ssh } = config.gcp;
  const last = await lastOutputs();
  const disk = checkedDataDisk(app, config, last);
  const { ready } = new ProjectServices(`${app.name}-services`, { project });
  const registry = registryOf(app, config, ready);
  const { images } = await imagesOf(app, registry, config);
  const deployment = new Deployment(nameStem(app.name, longestName), {
    app,
    images,
    registry,
    builder: config.builder,
    contexts: contextsFolder(),
    secrets: config.secrets,
    project,
    zone,
    vm,
    dataDisk,
    buckets,
    keptBuckets: last.buckets as Readonly<Record<string, string>> | undefined,
    allBuckets,
    ssh,
    destroyContent: config.destroyContent,
    timeout: config.timeout,
    attempt: config.attempt,
    ready,
  });
  // Here, so that a release that fails ends the program with its own message and leaves the last outputs standing.
  await deployment.released();
  return {
    url: deployment.url.apply((url) => url ?? null),
    endpoints: deployment.endpoints,
    images: referencesOf(images),
    address: deployment.address,
    buckets: deployment.buckets,
    releases: deployment.releases,
    // By which the next deployment knows whether it would be another disk.
    ...(disk === undefined ? {} : { dataDisk: disk }),
  };
}

/** The data disk, where there is to be one. @throws UserError where it would be another than that which holds the data */
function checkedDataDisk(
  app: App,
  { gcp, destroyContent, file }: Config,
  last: Readonly<Record<string, unknown>>,
): DataDiskKind | undefined {
  if (!needsDataDisk(app)) return undefined;
  const disk = dataDiskKind({ ...gcp.dataDisk, zone: gcp.zone });
  const before = last.dataDisk as DataDiskKind | undefined;
  const problems = before === undefined || destroyContent ? [] : dataDiskProblems(before, disk, file);
  if (problems.length > 0) throw new UserError(problems);
  return disk;
}

/** The project's own repository, where the address is one; any other registry otherwise. */
function registryOf(app: App, config: Config, ready: readonly pulumi.Resource[]): Registry | ContainerRegistry {
  const { mirror, gcp } = config;
  const { project } = gcp;
  const { location: { host, path } = { host: "gcr.io", path: project }, login, logins } = config.registry;
  const common = {
    project,
    namespace: `${app.name}-${pulumi.getStack()}`,
    existing: gcp.existingRegistry,
    accessToken: login?.password,
    logins,
    mirror,
    ready,
  };
  if (host === "gcr.io" && path === project) return new ContainerRegistry(`${app.name}-registry`, common);
  const [owner, repository, ...deeper] = path.split("/");
  if (host.endsWith("-docker.pkg.dev") && owner === project && repository !== undefined && deeper.length === 0) {
    const location = host.replace(/-docker\.pkg\.dev$/, "");
    return new ContainerRegistry(`${app.name}-registry`, { ...common, domain: "pkg.dev", location, repository });
  }
  return { ...registryAt({ host, path }, app, pulumi.getStack(), login), logins, mirror };
}
