import { AwsError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import type { LogEvent } from "../logs.ts";
import { types } from "../types.ts";
import { matcherOf } from "./filterPattern.ts";
import { type Operation, operation, page } from "./request.ts";

/** Events of one answer. */
const most = 10_000;

interface Range {
  readonly startTime?: number;
  readonly endTime?: number;
}

/** The operations of CloudWatch Logs that are imitated: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference */
export const logsOperations: Readonly<Record<string, Operation>> = {
  GetLogEvents: operation<
    Range & {
      logGroupName?: string;
      logGroupIdentifier?: string;
      logStreamName: string;
      nextToken?: string;
      limit?: number;
      startFromHead?: boolean;
    }
  >(
    {
      logGroupName: "string",
      logGroupIdentifier: "string",
      logStreamName: "string",
      startTime: "integer",
      endTime: "integer",
      nextToken: "string",
      limit: "integer",
      startFromHead: "boolean",
      unmask: "boolean",
    },
    async ({ logStreamName, nextToken, limit = most, startFromHead = false, ...input }, { cloud }) => {
      const group = neededGroup(cloud, input);
      const streams = await cloud.runtime.logs.streams(group);
      if (!streams.some((stream) => stream.logStreamName === logStreamName)) throw missing("stream");
      const events = await collect(cloud.runtime.logs.events(group, logStreamName), input);
      const [direction, text] = nextToken?.split("/") ?? [];
      const at = Number(text);
      const start =
        direction === "f"
          ? at
          : direction === "b"
            ? Math.max(0, at - limit)
            : startFromHead
              ? 0
              : Math.max(0, events.length - limit);
      const end = direction === "b" ? at : Math.min(start + limit, events.length);
      return {
        events: events
          .slice(start, end)
          .map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
        nextForwardToken: `f/${end}/s`,
        nextBackwardToken: `b/${start}/s`,
      };
    },
  ),

  FilterLogEvents: operation<
    Range & {
      logGroupName?: string;
      logGroupIdentifier?: string;
      logStreamNames?: string[];
      logStreamNamePrefix?: string;
      filterPattern?: string;
      nextToken?: string;
      limit?: number;
    }
  >(
    {
      logGroupName: "string",
      logGroupIdentifier: "string",
      logStreamNames: { list: "string" },
      logStreamNamePrefix: "string",
      startTime: "integer",
      endTime: "integer",
      filterPattern: "string",
      nextToken: "string",
      limit: "integer",
      interleaved: "boolean",
      unmask: "boolean",
    },
    async (
      { logStreamNames, logStreamNamePrefix, filterPattern = "", nextToken: token, limit = most, ...input },
      { cloud },
    ) => {
      const group = neededGroup(cloud, input);
      if (logStreamNames && logStreamNamePrefix)
        throw new AwsError(
          "InvalidParameterException",
          "logStreamNames and logStreamNamePrefix cannot both be specified",
        );
      const matches = matcherOf(filterPattern);
      const events = await collect(cloud.runtime.logs.events(group), input);
      const found = events.filter(
        ({ logStreamName, message }) =>
          (logStreamNames?.includes(logStreamName) ?? logStreamName.startsWith(logStreamNamePrefix ?? "")) &&
          matches(message),
      );
      const { items, nextToken } = page(
        found.map((event, index) => ({ ...event, eventId: String(index).padStart(56, "0") })),
        token,
        limit,
      );
      return { events: items, searchedLogStreams: [], ...(nextToken ? { nextToken } : {}) };
    },
  ),

  DescribeLogStreams: operation<{
    logGroupName?: string;
    logGroupIdentifier?: string;
    logStreamNamePrefix?: string;
    orderBy?: string;
    descending?: boolean;
    nextToken?: string;
    limit?: number;
  }>(
    {
      logGroupName: "string",
      logGroupIdentifier: "string",
      logStreamNamePrefix: "string",
      orderBy: { oneOf: ["LogStreamName", "LastEventTime"] },
      descending: "boolean",
      nextToken: "string",
      limit: "integer",
    },
    async (
      { logStreamNamePrefix = "", orderBy, descending = false, nextToken: token, limit = 50, ...input },
      { cloud },
    ) => {
      const streams = await cloud.runtime.logs.streams(neededGroup(cloud, input));
      const key = (stream: (typeof streams)[number]) =>
        orderBy === "LastEventTime" ? String(stream.lastEventTimestamp ?? 0).padStart(16, "0") : stream.logStreamName;
      const found = streams
        .filter(({ logStreamName }) => logStreamName.startsWith(logStreamNamePrefix))
        .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
      const { items, nextToken } = page(descending ? found.reverse() : found, token, limit);
      return { logStreams: items, ...(nextToken ? { nextToken } : {}) };
    },
  ),

  DescribeLogGroups: operation<{ logGroupNamePrefix?: string; nextToken?: string; limit?: number }>(
    { logGroupNamePrefix: "string", nextToken: "string", limit: "integer" },
    ({ logGroupNamePrefix = "", nextToken: token, limit = 50 }, { cloud }) => {
      const found = cloud.store.all(types.logGroup).flatMap(([name, { arn, retentionInDays, logGroupClass }]) =>
        name.startsWith(logGroupNamePrefix)
          ? [
              {
                logGroupName: name,
                arn: `${arn}:*`,
                logGroupArn: arn,
                logGroupClass,
                ...(retentionInDays ? { retentionInDays } : {}),
              },
            ]
          : [],
      );
      const { items, nextToken } = page(found, token, limit);
      return { logGroups: items, ...(nextToken ? { nextToken } : {}) };
    },
  ),
};

async function collect(
  events: AsyncIterable<LogEvent>,
  { startTime = 0, endTime = Number.POSITIVE_INFINITY }: Range,
): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  for await (const event of events) if (event.timestamp >= startTime && event.timestamp < endTime) found.push(event);
  return found;
}

function neededGroup(
  { store }: Cloud,
  { logGroupName, logGroupIdentifier }: { logGroupName?: string; logGroupIdentifier?: string },
): string {
  const name = logGroupName ?? logGroupIdentifier?.replace(/^arn:.*:log-group:/, "") ?? "";
  if (!store.get(types.logGroup, name)) throw missing("group");
  return name;
}

function missing(what: "group" | "stream"): AwsError {
  return new AwsError("ResourceNotFoundException", `The specified log ${what} does not exist.`);
}
