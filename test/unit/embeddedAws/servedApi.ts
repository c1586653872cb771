import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { answerApi } from "../../../embedded/aws/api/dispatch.ts";
import { serveApi } from "../../../embedded/aws/api/front.ts";
import type { ApiRequest } from "../../../embedded/aws/api/request.ts";
import { account, region, type SampleCloud } from "./sampleCloud.ts";

const credentials = { accessKeyId: account, secretAccessKey: "s3cret" };

/** Serves a cloud's API until the test is over. @returns what AWS's SDK finds it by */
export async function servedApi({ cloud }: SampleCloud) {
  // What the daemon does with it, without one.
  const ask = async (asked: { readonly args?: readonly string[] }) =>
    answerApi(cloud, JSON.parse(asked.args?.[0] ?? "") as ApiRequest);
  const client = { ask } as Parameters<typeof serveApi>[0]["client"];
  const server = await serveApi({ client, port: 0, ...credentials });
  onTestFinished(() => void server.close());
  return {
    region,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials,
    maxAttempts: 1,
  };
}
