import { AwsError } from "../apiError.ts";
import { checkGroups, subnetOf } from "../network/vpcs.ts";
import type { Store } from "../store.ts";
import type { NetworkConfiguration } from "./service.ts";
import type { LaunchType, TaskDefinition } from "./taskDefinition.ts";

/** Whether a definition can run so: of a service, or by RunTask. @throws {AwsError} in ECS's words */
export function checkPlacement(
  store: Store,
  definition: TaskDefinition,
  launchType: LaunchType,
  network: NetworkConfiguration | undefined,
): void {
  if (definition.status !== "ACTIVE") throw new AwsError("ClientException", "TaskDefinition is inactive");
  if (
    !definition.compatibilities.includes(launchType) ||
    (launchType === "FARGATE" && !definition.requiresCompatibilities.includes("FARGATE"))
  ) {
    throw invalid(`Task definition does not support launch_type ${launchType}.`);
  }
  const awsvpc = definition.networkMode === "awsvpc";
  if (awsvpc && network === undefined)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (!awsvpc && network !== undefined)
    throw invalid("Network Configuration is not valid for the given networkMode of this task definition.");
  if (network) checkNetwork(store, network, launchType);
}

function checkNetwork(
  store: Store,
  { subnets, securityGroups, assignPublicIp }: NetworkConfiguration,
  launchType: LaunchType,
): void {
  if (subnets.length === 0 || subnets.length > 16) throw invalid("subnets must have between 1 and 16 items.");
  if (securityGroups.length > 5) throw invalid("securityGroups can have at most 5 items.");
  const found = subnets.map((id) => {
    const subnet = subnetOf(store, id);
    if (subnet === undefined)
      throw invalid(
        `Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
      );
    return subnet;
  });
  const [vpcId] = new Set(found.map((each) => each.vpcId));
  if (found.some((each) => each.vpcId !== vpcId)) throw invalid("The subnets provided must be in the same VPC.");
  try {
    checkGroups(store, securityGroups, vpcId);
  } catch (error) {
    throw invalid(
      `Error retrieving security group information for [${securityGroups.join(", ")}]: ${(error as Error).message} (ErrorCode: InvalidGroup.NotFound)`,
    );
  }
  if (assignPublicIp && launchType === "EC2") throw invalid("Assign public IP is not supported for this launch type.");
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}
