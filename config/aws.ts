import * as pulumi from "@pulumi/pulumi";
import type { Certificate } from "../components/aws/loadBalancer.ts";
import { cli } from "../userError.ts";
import { readCertificate } from "./certificate.ts";
import type { ConfigReader } from "./reader.ts";

/** What the aws target alone is configured by. */
export interface AwsConfig {
  /** The provider's own `aws:region`. */
  readonly region: string;
  /** Twelve digits: the first of the provider's own `aws:allowedAccountIds`, so that nobody has to be asked for it. */
  readonly account: string;
  /** Of AWS's own configuration: the provider's own `aws:profile`. */
  readonly profile?: string;
  readonly launchType: "fargate" | "ec2";
  /** Name of a cluster that exists. */
  readonly cluster?: string;
  /** A network that exists. */
  readonly network?: {
    readonly vpcId: string;
    readonly subnetIds: readonly string[];
    readonly publicIp: boolean;
    readonly machinesGroupId?: string;
  };
  /** Availability zones of a network of the app's own. */
  readonly zones?: readonly string[];
  readonly certificate?: Certificate;
  readonly domain?: string;
  readonly passConnections?: true;
  readonly accessLogBucket?: string;
  /** By service. */
  readonly scaling: Readonly<Record<string, ScalingConfig>>;
  readonly buckets: "s3files" | "efs";
  readonly restorableDays: number;
  readonly logRetentionDays: number;
}

/** Whole numbers; what each means is said where the service is scaled. */
export type ScalingConfig = { readonly [key in (typeof scalingKeys)[number]]?: number };

const scalingKeys = ["min", "max", "cpu", "requests"] as const;

export function readAws(reader: ConfigReader): AwsConfig {
  const vpcId = reader.text("vpcId");
  const subnetIds = reader.textList("subnetIds");
  if ((vpcId === undefined) !== (subnetIds.length === 0)) {
    const missing = vpcId === undefined ? "vpcId" : "subnetIds";
    reader.wrong(missing, "a network is named by its VPC and its subnets", "Give both keys, or none of them");
  }
  const zones = reader.textList("zones");
  const certificate = readCertificate(reader);
  return {
    ...readPlace(reader),
    profile: new pulumi.Config("aws").get("profile") || undefined,
    launchType: reader.choice("launchType", ["fargate", "ec2"]),
    cluster: reader.text("cluster"),
    network: vpcId === undefined ? undefined : { vpcId, subnetIds, ...readReach(reader) },
    zones: zones.length === 0 ? undefined : zones,
    certificate,
    domain: reader.text("domain"),
    passConnections: reader.flag("passConnections") || undefined,
    accessLogBucket: reader.text("accessLogBucket"),
    scaling: readScaling(reader),
    buckets: reader.choice("bucketStorage", ["s3files", "efs"]),
    restorableDays: reader.wholeNumber("restorableDays", "days", 30),
    logRetentionDays: reader.wholeNumber("logRetentionDays", "days", 30),
  };
}

function readPlace(reader: ConfigReader): Pick<AwsConfig, "region" | "account"> {
  const provider = new pulumi.Config("aws");
  const region = provider.get("region") ?? "";
  if (region === "") {
    reader.wrongProviderKey("aws:region", "no region is named", `Set it: ${cli} config set aws:region REGION`);
  }
  const command = `${cli} config set --path 'aws:allowedAccountIds[0]' ACCOUNT`;
  const account = accountsOf(provider)[0] ?? "";
  if (account === "") {
    reader.wrongProviderKey("aws:allowedAccountIds", "no account is named", `Set it: ${command}`);
  } else if (!/^\d{12}$/.test(account)) {
    reader.wrongProviderKey(
      "aws:allowedAccountIds",
      `"${account}" is no account`,
      `Give its twelve digits: ${command}`,
    );
  }
  return { region, account };
}

function accountsOf(provider: pulumi.Config): string[] {
  try {
    const given = provider.getObject<unknown>("allowedAccountIds");
    return Array.isArray(given) ? given.map(accountOf) : [];
  } catch {
    return [];
  }
}

/** YAML takes twelve digits without quotes for a number, and leading zeros away. */
function accountOf(given: unknown): string {
  return typeof given === "number" ? String(given).padStart(12, "0") : String(given);
}

function readReach(reader: ConfigReader) {
  return { publicIp: reader.flag("publicIp"), machinesGroupId: reader.text("machinesGroupId") };
}

function readScaling(reader: ConfigReader): Record<string, ScalingConfig> {
  const result: Record<string, ScalingConfig> = {};
  for (const [service, value] of Object.entries(reader.record("scaling"))) {
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    const sound = entries.every(
      ([key, number]) => (scalingKeys as readonly string[]).includes(key) && Number.isInteger(number) && number > 0,
    );
    if (sound && entries.length > 0) result[service] = Object.fromEntries(entries);
    else {
      reader.wrong(
        `scaling.${service}`,
        `this is not an object of ${scalingKeys.join(", ")} with whole numbers above 0`,
        `Set one: ${cli} config set --path 'retrofit:scaling.${service}.max' 3`,
      );
    }
  }
  return result;
}
