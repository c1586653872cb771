export const account = "123456789012";
export const region = "eu-central-1";
/** Of its image, which must be pushed before. */
export const repository = `${account}.dkr.ecr.${region}.amazonaws.com/retrofit-test/tiny`;

/** A service of one small image with all that it needs. */
export const awsProgram = (change: Record<string, unknown> = {}) => {
  const {
    digest = "",
    environment = [{ name: "A", value: "1" }],
    desiredCount = 1,
    tag = "one",
    secretRight = true,
    pullRight = true,
    retention = 7,
    extra = "",
    forceDelete = true,
  } = change;
  return `
const tasksTrust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "aws:SourceAccount": "${account}" } } }] });
const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true, tags: { Name: "${tag}" } });
const gateway = new aws.ec2.InternetGateway("gateway", { vpcId: vpc.id });
const table = new aws.ec2.RouteTable("table", { vpcId: vpc.id });
const route = new aws.ec2.Route("out", { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id });
const subnets = ["a", "b"].map((zone, n) => new aws.ec2.Subnet("subnet-" + zone, { vpcId: vpc.id, cidrBlock: \`10.0.\${n}.0/24\`, availabilityZone: "${region}" + zone }));
const routes = subnets.map((subnet, n) => new aws.ec2.RouteTableAssociation("routes-" + n, { subnetId: subnet.id, routeTableId: table.id }));
const group = new aws.ec2.SecurityGroup("tasks", { vpcId: vpc.id, description: "Tasks" });
const out = new aws.vpc.SecurityGroupEgressRule("tasks-out", { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" });
const balancerGroup = new aws.ec2.SecurityGroup("balancer", { vpcId: vpc.id });
new aws.vpc.SecurityGroupIngressRule("balancer-in", { securityGroupId: balancerGroup.id, ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "0.0.0.0/0" });
const balancer = new aws.lb.LoadBalancer("web", { subnets: subnets.map(({ id }) => id), securityGroups: [balancerGroup.id], dropInvalidHeaderFields: true }, { dependsOn: [gateway] });
const listener = new aws.lb.Listener("web", { loadBalancerArn: balancer.arn, port: 80, defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", messageBody: "tag ${tag}", statusCode: "200" } }] });
const images = new aws.ecr.Repository("tiny", { name: "retrofit-test/tiny", imageTagMutability: "IMMUTABLE", forceDelete: ${forceDelete} });
new aws.ecr.LifecyclePolicy("tiny", { repository: images.name, policy: { rules: [{ rulePriority: 1, selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 9 }, action: { type: "expire" } }] } });
const logs = new aws.cloudwatch.LogGroup("logs", { retentionInDays: ${retention}, tags: { a: "${tag}" } });
const secret = new aws.secretsmanager.Secret("password", { recoveryWindowInDays: 0 });
const version = new aws.secretsmanager.SecretVersion("password", { secretId: secret.id, secretString: pulumi.secret("s3cret-value") });
const execution = new aws.iam.Role("execution", { assumeRolePolicy: tasksTrust });
${pullRight ? 'new aws.iam.RolePolicyAttachment("pull-and-log", { role: execution.name, policyArn: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy" });' : 'new aws.iam.RolePolicy("log", { role: execution.id, policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }] } });'}
${secretRight ? 'const right = new aws.iam.RolePolicy("secret", { role: execution.id, policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: secret.arn }] } });' : ""}
const cluster = new aws.ecs.Cluster("cluster", { settings: [{ name: "containerInsights", value: "enabled" }] });
const definition = new aws.ecs.TaskDefinition("web", {
  family: "retrofit-test-web", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512", executionRoleArn: execution.arn,
  containerDefinitions: pulumi.jsonStringify([{
    name: "web", image: "${repository}@${digest}", essential: true, stopTimeout: 2,
    command: ["sh", "-c", "echo $A $PASSWORD_LENGTH; trap 'exit 0' TERM; while true; do sleep 0.2; done"],
    environment: ${JSON.stringify(environment)}, secrets: [{ name: "PASSWORD", valueFrom: secret.arn }],
    logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": logs.name, "awslogs-region": "${region}", "awslogs-stream-prefix": "web" } },
  }]),
}, { dependsOn: [version${secretRight ? ", right" : ""}] });
const service = new aws.ecs.Service("web", {
  cluster: cluster.arn, taskDefinition: definition.arn, launchType: "FARGATE", desiredCount: ${desiredCount},
  networkConfiguration: { subnets: subnets.map(({ id }) => id), securityGroups: [group.id], assignPublicIp: true },
  deploymentCircuitBreaker: { enable: true, rollback: true }, waitForSteadyState: true, tags: { "retrofit-release": "${tag}" },
}, { dependsOn: [route, ...routes, out] });
${extra}
export const clusterArn = cluster.arn;
export const serviceName = service.name;
export const definitionArn = definition.arn;
export const subnetId = subnets[0].id;
export const groupId = group.id;
export const address = balancer.dnsName;
export const repositoryUrl = images.repositoryUrl;
export const secretArn = secret.arn;
export const logGroup = logs.name;
`;
};
