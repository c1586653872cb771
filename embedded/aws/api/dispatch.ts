import { AwsError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import { mismatch } from "../ecs/shape.ts";
import { ecsOperations } from "./ecs.ts";
import { logsOperations } from "./logs.ts";
import type { ApiRequest, ApiResponse, Operation } from "./request.ts";

/** The APIs that are imitated, by the first part of a target. */
const apis: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  AmazonEC2ContainerServiceV20141113: ecsOperations,
  Logs_20140328: logsOperations,
};

/** Answers a call as AWS does: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. */
export async function answerApi(cloud: Cloud, { target, body, region, account }: ApiRequest): Promise<ApiResponse> {
  try {
    const [api = "", name = ""] = target.split(".");
    const operation = apis[api]?.[name];
    if (operation === undefined) {
      throw new AwsError(
        "UnknownOperationException",
        `${target || "what is asked"} is not imitated by the embedded cloud`,
      );
    }
    const input = parse(body);
    const problem = mismatch(input, operation.shape, "input");
    if (problem !== undefined) throw new AwsError("SerializationException", problem);
    const output = await operation.run(input, { cloud, home: { region, account } });
    return { status: 200, body: JSON.stringify(output) };
  } catch (error) {
    if (!(error instanceof AwsError)) cloud.log(`${target}: ${(error as Error).stack}`);
    const known = error instanceof AwsError ? error : new AwsError("ServerException", (error as Error).message, 500);
    return { status: known.status, body: JSON.stringify({ __type: known.code, message: known.message }) };
  }
}

function parse(body: string): unknown {
  try {
    return body === "" ? {} : JSON.parse(body);
  } catch (error) {
    throw new AwsError("SerializationException", (error as Error).message);
  }
}
