import { certificate } from "./certificate.ts";
import { cluster } from "./cluster.ts";
import { lifecyclePolicy, repository } from "./ecr.ts";
import { accessPoint, fileSystem, fileSystemPolicy, mountTarget } from "./efs.ts";
import { role, rolePolicy, rolePolicyAttachment } from "./iam.ts";
import type { Kind } from "./kind.ts";
import { listener } from "./listener.ts";
import { loadBalancer } from "./loadBalancer.ts";
import { logGroup } from "./logGroup.ts";
import { namespace } from "./namespace.ts";
import { route, routeTable, routeTableAssociation } from "./routing.ts";
import { bucket, bucketLifecycleConfiguration, bucketPublicAccessBlock, bucketVersioning } from "./s3.ts";
import { filesAccessPoint, filesFileSystem, filesMountTarget } from "./s3Files.ts";
import { scalingPolicy, scalingTarget } from "./scaling.ts";
import { secret, secretVersion } from "./secret.ts";
import { securityGroup, securityGroupRules } from "./securityGroup.ts";
import { service } from "./service.ts";
import { targetGroup } from "./targetGroup.ts";
import { taskDefinition } from "./taskDefinition.ts";
import { internetGateway, subnet, vpc } from "./vpc.ts";

/** Every type of resource that the embedded cloud has. */
export const kinds: readonly Kind[] = [
  accessPoint,
  bucket,
  bucketLifecycleConfiguration,
  bucketPublicAccessBlock,
  bucketVersioning,
  certificate,
  cluster,
  fileSystem,
  fileSystemPolicy,
  filesAccessPoint,
  filesFileSystem,
  filesMountTarget,
  internetGateway,
  lifecyclePolicy,
  listener,
  loadBalancer,
  logGroup,
  mountTarget,
  namespace,
  repository,
  role,
  rolePolicy,
  rolePolicyAttachment,
  route,
  routeTable,
  routeTableAssociation,
  scalingPolicy,
  scalingTarget,
  secret,
  secretVersion,
  securityGroup,
  ...securityGroupRules,
  service,
  subnet,
  targetGroup,
  taskDefinition,
  vpc,
];
