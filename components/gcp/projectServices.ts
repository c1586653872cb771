import { Service } from "@pulumi/gcp/projects/service.js";
import * as pulumi from "@pulumi/pulumi";

export interface ProjectServicesArgs {
  /** Id of the project. */
  project: string;
}

/** What an app on a VM uses of Google Cloud. A new project has none of it. */
const names = [
  "artifactregistry",
  "cloudresourcemanager",
  "compute",
  "iam",
  "logging",
  "monitoring",
  "secretmanager",
  "storage",
] as const;

/** The services that a project must have enabled. They stay so when the stack goes: other stacks may use them. */
export class ProjectServices extends pulumi.ComponentResource {
  /** To be waited for before anything else is made. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ProjectServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:ProjectServices", name, args, opts);
    this.ready = names.map(
      (service) =>
        new Service(
          `${name}-${service}`,
          { project: args.project, service: `${service}.googleapis.com`, disableOnDestroy: false },
          { parent: this },
        ),
    );
    this.registerOutputs({ services: [...names] });
  }
}
