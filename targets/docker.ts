import * as pulumi from "@pulumi/pulumi";
import { referencesOf } from "../components/appImages.ts";
import { refuseBucketReferences } from "../components/bucketReferences.ts";
import { Deployment, stackLabel } from "../components/docker/deployment.ts";
import { Engine } from "../components/docker/engine.ts";
import { preflight } from "../components/docker/preflight.ts";
import { localRegistryHost } from "../components/registries/location.ts";
import { registryAt } from "../components/registries/select.ts";
import type { App } from "../compose/model.ts";
import type { DockerConfig } from "../config/docker.ts";
import type { CommonConfig } from "../config.ts";
import { imagesOf } from "./images.ts";
import type { Outputs } from "./target.ts";

/** Containers on one Docker engine. */
export async function deployToDocker(app: App, config: CommonConfig & { docker: DockerConfig }): Promise<Outputs> {
  refuseBucketReferences(app, "docker");
  const { bind, keepVolumes, host } = config.docker;
  // Another machine's ports cannot be tried from here.
  if (host === undefined) await preflight(app, new Engine(), bind, stackLabel());

  const { location = { host: localRegistryHost, path: "" }, login, logins } = config.registry;
  const registry = { ...registryAt(location, app, pulumi.getStack(), login), logins };
  const { images } = await imagesOf(app, registry, config);
  const deployment = new Deployment(app.name, {
    app,
    images,
    registry,
    secrets: config.secrets,
    bind,
    keepVolumes,
    timeout: config.timeout,
    host,
  });
  // Here, so that a release that fails ends the program with its own message and leaves the last outputs standing.
  const { url, endpoints } = await deployment.released();
  return { url: url ?? null, endpoints, images: referencesOf(images) };
}
