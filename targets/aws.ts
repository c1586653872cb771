import * as pulumi from "@pulumi/pulumi";
import { referencesOf } from "../components/appImages.ts";
import { Deployment } from "../components/aws/deployment.ts";
import { EcrRepositories } from "../components/aws/ecrRepositories.ts";
import { repositoriesOf } from "../components/aws/ownImages.ts";
import { registryHost } from "../components/aws/place.ts";
import type { Plan } from "../components/aws/taskDefinition/model.ts";
import { planTasks } from "../components/aws/taskDefinition/plan.ts";
import { refuseBucketReferences } from "../components/bucketReferences.ts";
import type { Registry } from "../components/registries/registry.ts";
import { registryAt } from "../components/registries/select.ts";
import type { App } from "../compose/model.ts";
import type { AwsConfig } from "../config/aws.ts";
import type { CommonConfig } from "../config.ts";
import { contextsFolder, imagesOf } from "./images.ts";
import type { Outputs } from "./target.ts";

type Config = CommonConfig & { readonly aws: AwsConfig };

/** Tasks of ECS, on Fargate or on the machines of a cluster. */
export async function deployToAws(app: App, config: Config): Promise<Outputs> {
  refuseBucketReferences(app, "aws");
  const { launchType, ...settings } = config.aws;
  const plan = planTasks(app, { launchType, contexts: contextsFolder() });
  const registry = registryOf(app, plan, config);
  const { images } = await imagesOf(app, registry, config);
  const deployment = new Deployment(app.name, {
    ...settings,
    app,
    plan,
    images,
    registry,
    builder: config.builder,
    secrets: config.secrets,
    destroyContent: config.destroyContent,
    timeout: config.timeout,
  });
  // Here, so that a release that fails ends the program with its own message and leaves the last outputs standing.
  await deployment.released();
  return {
    url: deployment.url.apply((url) => url ?? null),
    endpoints: deployment.endpoints,
    images: referencesOf(images),
    buckets: deployment.buckets,
    releases: deployment.releases,
    taskDefinitions: deployment.taskDefinitions,
    ...(deployment.cluster && { cluster: deployment.cluster }),
    ...(deployment.fileSystem && { fileSystem: deployment.fileSystem }),
  };
}

/** The account's own, where the address is that; any other registry otherwise. */
function registryOf(app: App, plan: Plan, config: Config): Registry | EcrRepositories {
  const { mirror, aws } = config;
  const { region, account } = aws;
  const own = registryHost({ region, account });
  const { location = { host: own, path: "" }, login, logins } = config.registry;
  if (location.host !== own) return { ...registryAt(location, app, pulumi.getStack(), login), logins, mirror };
  return new EcrRepositories(`${app.name}-registry`, {
    region,
    account,
    namespace: location.path || `${app.name}-${pulumi.getStack()}`,
    services: repositoriesOf(app, plan),
    password: login?.password,
    logins,
    mirror,
  });
}
