/** What AWS's own policies allow, of the actions that this cloud asks for: https://docs.aws.amazon.com/aws-managed-policy. */
const pull = [
  "ecr:GetAuthorizationToken",
  "ecr:BatchCheckLayerAvailability",
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchGetImage",
];

const actions: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ["*"],
  PowerUserAccess: ["*"],
  "service-role/AmazonECSTaskExecutionRolePolicy": [...pull, "logs:CreateLogStream", "logs:PutLogEvents"],
  AmazonEC2ContainerRegistryReadOnly: pull,
  AmazonEC2ContainerRegistryPullOnly: pull,
  AmazonEC2ContainerRegistryPowerUser: [...pull, "ecr:PutImage", "ecr:InitiateLayerUpload"],
  CloudWatchLogsFullAccess: ["logs:*"],
  SecretsManagerReadWrite: ["secretsmanager:*"],
  AmazonElasticFileSystemClientReadOnlyAccess: ["elasticfilesystem:ClientMount"],
  AmazonElasticFileSystemClientReadWriteAccess: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
  AmazonElasticFileSystemClientFullAccess: [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
  ],
  AmazonS3FilesClientReadOnlyAccess: ["s3files:ClientMount"],
  AmazonS3FilesClientReadWriteAccess: ["s3files:ClientMount", "s3files:ClientWrite"],
  AmazonS3FilesClientFullAccess: ["s3files:ClientMount", "s3files:ClientWrite", "s3files:ClientRootAccess"],
  AmazonS3FullAccess: ["s3:*"],
  AmazonS3ReadOnlyAccess: ["s3:Get*", "s3:List*"],
  AmazonSSMManagedInstanceCore: ["ssmmessages:*"],
  "service-role/AmazonEC2ContainerServiceforEC2Role": [...pull, "logs:CreateLogStream", "logs:PutLogEvents", "ecs:*"],
};

/** Text of a policy of AWS's own; undefined where there is none of that ARN. */
export function managedPolicy(policyArn: string): string | undefined {
  const name = /^arn:aws:iam::aws:policy\/(.+)$/.exec(policyArn)?.[1];
  const allowed = name === undefined ? undefined : actions[name];
  if (allowed === undefined) return undefined;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: allowed, Resource: "*" }],
  });
}
