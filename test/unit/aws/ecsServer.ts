import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A request as AWS's clients send it: the operation, and its parameters. */
export interface Asked {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** What is answered to an operation; `__type` makes it an error. */
export type Answers = Readonly<Record<string, (input: Record<string, unknown>, times: number) => object>>;

/** Answers as ECS and CloudWatch Logs do (AWS JSON 1.1), to clients that AWS_ENDPOINT_URL leads here. */
export async function ecsServer(answers: Answers) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const input = (await json(request)) as Record<string, unknown>;
    const times = asked.filter((each) => each.operation === operation).length;
    asked.push({ operation, input });
    const answer = answers[operation]?.(input, times) ?? { __type: "InvalidAction", message: `no ${operation} here` };
    response.writeHead("__type" in answer ? 400 : 200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
