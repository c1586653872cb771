import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import { distinctName } from "../names.ts";

export interface AppSecretsArgs {
  /** Id of the project. */
  project: string;
  /** Values by a stable key; base64 for bytes that are no text. */
  values: Readonly<Record<string, { readonly text: pulumi.Input<string> } | { readonly base64: pulumi.Input<string> }>>;
  /** The account that may read them, as IAM member. */
  reader: pulumi.Input<string>;
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** An app's secret values in Secret Manager. */
export class AppSecrets extends pulumi.ComponentResource {
  /** Name of the version to read, by key: `projects/shop/secrets/shop-dev-web-KEY-1f2e3d4/versions/1`. */
  readonly versions: Readonly<Record<string, pulumi.Output<string>>>;
  /** Rights that must be there before they are read. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: AppSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:gcp:AppSecrets", name, { keys: Object.keys(args.values) }, opts);
    const { project, values, reader, ready = [] } = args;

    const rights: pulumi.Resource[] = [];
    this.versions = Object.fromEntries(
      Object.entries(values).map(([key, value]) => {
        const secretId = distinctName(`${name}-${pulumi.getStack()}-${key}`, 255);
        const secret = new Secret(
          `${name}-${key}`,
          { project, secretId, replication: { auto: {} } },
          { parent: this, dependsOn: [...ready] },
        );
        const version = new SecretVersion(
          `${name}-${key}-version`,
          {
            secret: secret.id,
            secretData: pulumi.secret(
              "text" in value ? pulumi.output(value.text).apply((text) => notEmpty(key, text)) : value.base64,
            ),
            isSecretDataBase64: "base64" in value,
            // The release that still serves reads the version before, should this one fail.
            deletionPolicy: "ABANDON",
          },
          { parent: this },
        );
        rights.push(
          new SecretIamMember(
            `${name}-${key}-reader`,
            { project, secretId: secret.secretId, role: "roles/secretmanager.secretAccessor", member: reader },
            { parent: this },
          ),
        );
        // The id is secret's, not the value's: named by project and number, so that a release tells one version from the next.
        return [
          key,
          pulumi.unsecret(
            pulumi.interpolate`projects/${project}/secrets/${secret.secretId}/versions/${version.version}`,
          ),
        ];
      }),
    );
    this.ready = rights;
    this.registerOutputs({ versions: this.versions });
  }
}

/** Secret Manager holds no empty values. */
function notEmpty(key: string, text: string): string {
  if (text === "") {
    throw new pulumi.RunError(`The secret ${key} is empty. Give it a value, or set the variable without --secret.`);
  }
  return text;
}
