/** Where in AWS something is. */
export interface Place {
  /** Such as `eu-central-1`. */
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
}

/** Host of an account's own registry. */
export function registryHost({ account, region }: Place): string {
  return `${account}.dkr.ecr.${region}.${region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"}`;
}

/** ARN of something that has a region: `arn:aws:ecs:eu-central-1:123456789012:cluster/shop`. */
export function arnOf(service: string, { account, region }: Place, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
}

/** ARN of the repository that an image of ECR lies in; undefined for other registries' images. */
export function repositoryArn(image: string): string | undefined {
  const [, account = "", region = "", repository] =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^@:]+)/.exec(image) ?? [];
  return repository && arnOf("ecr", { account, region }, `repository/${repository}`);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
