import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import { fittingName } from "../names.ts";

export interface AppSecretsArgs {
  /** Values by a stable key. */
  values: Readonly<Record<string, pulumi.Input<string>>>;
  /** Days in which a deleted secret can be restored, 7 to 30; 0 = gone at once. @default 7 */
  recoveryDays?: number;
}

/** An app's secret values in Secrets Manager. */
export class AppSecrets extends pulumi.ComponentResource {
  /** ARN of each secret, by key. */
  readonly arns: Readonly<Record<string, pulumi.Output<string>>>;
  /** What a container definition takes the value from, by key: this very version, so that a new value is a new release. */
  readonly references: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: AppSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:AppSecrets", name, { keys: Object.keys(args.values) }, opts);
    const { values, recoveryDays = 7 } = args;

    const kept = Object.entries(values).map(([key, value]) => {
      const secret = new Secret(secretResource(name, key), { recoveryWindowInDays: recoveryDays }, { parent: this });
      const version = new SecretVersion(
        `${name}-${key}-version`,
        {
          secretId: secret.id,
          secretString: pulumi.secret(pulumi.output(value).apply((text) => notEmpty(key, text))),
        },
        // The release that still serves reads the version before, should this one fail.
        { parent: this, retainOnDelete: true },
      );
      return { key, secret, version };
    });
    this.arns = Object.fromEntries(kept.map(({ key, secret }) => [key, secret.arn]));
    this.references = Object.fromEntries(
      // The id of a version is no secret.
      kept.map(({ key, secret, version }) => [
        key,
        pulumi.unsecret(pulumi.interpolate`${secret.arn}:::${version.versionId}`),
      ]),
    );
    this.registerOutputs({ references: this.references });
  }
}

/** The resource that a secret is, of whose name Pulumi makes the secret's with eight characters more: of a variable's name not all are taken. */
export function secretResource(name: string, key: string): string {
  return fittingName(`${name}-${key}`, /^[\w/+=.@-]+$/, 247);
}

/** Secrets Manager holds no empty values. */
function notEmpty(key: string, text: string): string {
  if (text === "") {
    throw new pulumi.RunError(`The secret ${key} is empty. Give it a value, or set the variable without --secret.`);
  }
  return text;
}
