import * as pulumi from "@pulumi/pulumi";
import { ContainerRegistry } from "../../../components/gcp/containerRegistry.ts";
import { Deployment, type DeploymentArgs } from "../../../components/gcp/deployment.ts";
import { ProjectServices } from "../../../components/gcp/projectServices.ts";
import { secretsOf } from "../../support/app.ts";
import { type Registration, registrationsOf } from "../../support/recorder.ts";

const computed = {
  "gcp:serviceaccount/account:Account": () => ({ email: "app@shop-1.iam.gserviceaccount.com" }),
  "gcp:secretmanager/secretVersion:SecretVersion": () => ({ version: "1" }),
  "gcp:compute/address:Address": () => ({ address: "192.0.2.7" }),
  "docker-build:index:Image": () => ({ digest: `sha256:${"1".repeat(64)}` }),
};

/** What a project with the defaults, and these arguments, registers. */
export function registered(args: Partial<DeploymentArgs> & Pick<DeploymentArgs, "app">): Promise<Registration[]> {
  const images = Object.fromEntries(
    [...args.app.services.keys()].map((name) => [
      name,
      { reference: pulumi.output(`gcr.io/shop-1/x/${name}@sha256:1`), own: true },
    ]),
  );
  return registrationsOf(() => {
    const { ready } = new ProjectServices("shop", { project: "shop-1" });
    const registry = new ContainerRegistry("shop", { project: "shop-1", namespace: "shop-test", ready });
    const secrets = secretsOf({ DB_PASSWORD: "hunter2hunter2" });
    const place = { project: "shop-1", zone: "us-east1-b", contexts: "/nowhere" };
    new Deployment("shop", { images, registry, secrets, ...place, ready, ...args });
  }, computed);
}
