import * as pulumi from "@pulumi/pulumi";
import { AppImages, referencesOf } from "./components/appImages.ts";
import { localRegistry } from "./components/registries/local.ts";
import { readApp } from "./compose/read.ts";
import { readConfig } from "./config.ts";
import { UserError } from "./userError.ts";

async function deploy() {
  const config = readConfig(import.meta.dirname);
  const app = await readApp({
    file: config.app,
    environment: config.environment,
    secretNames: config.secretNames,
    extension: config.extension,
    target: config.target,
  });
  for (const { where, field, reason } of app.warnings) pulumi.log.warn(`${where}: ${field}: ${reason}.`);

  const images = new AppImages(app.name, {
    app,
    registry: localRegistry(config.registry, `${app.name}-${pulumi.getStack()}`),
    builder: config.builder,
    pinned: config.images,
    secrets: config.secrets,
  });
  const { Deployment } = await import("./components/docker/deployment.ts");
  const deployment = new Deployment(app.name, {
    app,
    images: images.images,
    secrets: config.secrets,
    bind: config.bind,
    keepVolumes: config.keepVolumes,
    timeout: config.timeout,
    host: new pulumi.Config("docker").get("host"),
  });
  return { url: deployment.url, endpoints: deployment.endpoints, images: referencesOf(images.images) };
}

/** What the user can mend is shown without a stack trace. */
function withoutTrace(error: unknown): unknown {
  return error instanceof UserError ? new pulumi.RunError(error.message) : error;
}

export const { url, endpoints, images } = await deploy().catch((error) => {
  throw withoutTrace(error);
});
