import * as pulumi from "@pulumi/pulumi";
import { Engine } from "./components/docker/engine.ts";
import { preflight } from "./components/docker/preflight.ts";
import { proveLogin } from "./components/registries/login.ts";
import { registryAt } from "./components/registries/select.ts";
import { refuseStandIns } from "./components/registries/standIns.ts";
import { readApp } from "./compose/read.ts";
import { readConfig } from "./config.ts";
import { UserError } from "./userError.ts";

async function deploy() {
  const config = readConfig(import.meta.dirname);
  // The SDKs are loaded while Compose reads the file.
  const [app, { AppImages, buildsImages, referencesOf }, { Deployment, stackLabel }] = await Promise.all([
    readApp({
      file: config.app,
      environment: config.environment,
      environmentFiles: config.environmentFiles,
      profiles: config.profiles,
      secretNames: config.secretNames,
      extension: config.extension,
      target: config.target,
    }),
    import("./components/appImages.ts"),
    import("./components/docker/deployment.ts"),
  ]);
  for (const { where, field, reason } of app.warnings) pulumi.log.warn(`${where}: ${field}: ${reason}.`);

  // Another machine's ports cannot be tried from here.
  if (config.dockerHost === undefined) await preflight(app, new Engine(), config.bind, stackLabel());

  const registry = registryAt(config.registry, app, pulumi.getStack(), config.login);
  refuseStandIns(app, registry.host, config.standIns, Object.keys(config.images));
  if (!pulumi.runtime.isDryRun() && (config.login !== undefined || buildsImages(app, config.images))) {
    await proveLogin(registry.host, config.login, `Pulumi.${pulumi.getStack()}.yaml`);
  }

  const images = new AppImages(app.name, {
    app,
    registry,
    tag: config.tag,
    builder: config.builder,
    pinned: config.images,
    secrets: config.secrets,
  });
  const deployment = new Deployment(app.name, {
    app,
    images: images.images,
    registry,
    secrets: config.secrets,
    bind: config.bind,
    keepVolumes: config.keepVolumes,
    timeout: config.timeout,
    host: config.dockerHost,
  });
  // Here, so that a release that fails ends the program with its own message and leaves the last outputs standing.
  const { url, endpoints } = await deployment.released();
  return { url: url ?? null, endpoints, images: referencesOf(images.images) };
}

/** What the user can mend is shown without a stack trace. */
function withoutTrace(error: unknown): unknown {
  return error instanceof UserError ? new pulumi.RunError(error.message) : error;
}

export const { url, endpoints, images } = await deploy().catch((error) => {
  throw withoutTrace(error);
});
