import { RepositoryIamMember } from "@pulumi/gcp/artifactregistry/repositoryIamMember.js";
import { IAMMember } from "@pulumi/gcp/projects/iammember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import * as pulumi from "@pulumi/pulumi";
import { distinctName } from "../names.ts";

export interface AppServiceAccountArgs {
  /** Id of the project. */
  project: string;
  /** Name of the app, for people to read. */
  app: string;
  /** The repository that it may pull from. @default none */
  registry?: { readonly project: string; readonly location: string; readonly repositoryId: string };
  /** May read, write and delete the objects of every bucket of the project, as the tutorial has it. @default false */
  allBuckets?: boolean;
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** Whom the app is for Google Cloud. It may write logs and metrics and pull its images; buckets and secrets add their own. */
export class AppServiceAccount extends pulumi.ComponentResource {
  readonly email: pulumi.Output<string>;
  /** As IAM names it: `serviceAccount:<email>`. */
  readonly member: pulumi.Output<string>;
  /** Rights that must be there before it is used. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: AppServiceAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:AppServiceAccount", name, {}, opts);
    const { project, app, registry, allBuckets = false, ready = [] } = args;

    const account = new Account(
      `${name}-account`,
      {
        project,
        // Made here, because a name of Pulumi's would be too long for many an app.
        accountId: distinctName(`${name}-${pulumi.getStack()}`, 30),
        displayName: `The app ${app}`,
      },
      { parent: this, dependsOn: [...ready] },
    );
    this.email = account.email;
    this.member = pulumi.interpolate`serviceAccount:${account.email}`;

    const roles = ["logging.logWriter", "monitoring.metricWriter", ...(allBuckets ? ["storage.objectAdmin"] : [])];
    this.ready = [
      ...roles.map(
        (role) =>
          new IAMMember(`${name}-${role}`, { project, role: `roles/${role}`, member: this.member }, { parent: this }),
      ),
      ...(registry === undefined
        ? []
        : [
            new RepositoryIamMember(
              `${name}-artifactregistry.reader`,
              {
                project: registry.project,
                location: registry.location,
                repository: registry.repositoryId,
                role: "roles/artifactregistry.reader",
                member: this.member,
              },
              { parent: this },
            ),
          ]),
    ];
    this.registerOutputs({ email: this.email });
  }
}
