import { CloudWatchLogsClient, FilterLogEventsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { matcherOf } from "../../../embedded/aws/api/filterPattern.ts";
import { SampleCloud } from "./sampleCloud.ts";
import { servedApi } from "./servedApi.ts";

describe("CloudWatch Logs' API", () => {
  let logs: CloudWatchLogsClient;

  beforeEach(async () => {
    const sample = new SampleCloud();
    logs = new CloudWatchLogsClient(await servedApi(sample));
    await sample.create("cloudwatch/logGroup", { name: "/shop" });
    const line = (logStreamName: string, timestamp: number, message: string) => ({
      logStreamName,
      timestamp,
      ingestionTime: timestamp,
      message,
    });
    sample.runtime.lines.set("/shop", [
      line("web/web/1", 1, "one"),
      line("web/web/2", 2, "ERROR other"),
      line("web/web/1", 3, "two"),
      line("web/web/1", 4, "ERROR three"),
    ]);
  });
  afterEach(() => logs.destroy());

  it("gives a stream's lines, from either end and page by page", async () => {
    const get = (more: object) =>
      logs.send(new GetLogEventsCommand({ logGroupName: "/shop", logStreamName: "web/web/1", ...more }));
    const messages = async (more: object) => (await get(more)).events?.map(({ message }) => message);
    expect(await messages({})).toEqual(["one", "two", "ERROR three"]);
    expect(await messages({ limit: 2 })).toEqual(["two", "ERROR three"]);
    const first = await get({ limit: 2, startFromHead: true });
    expect(first.events?.map(({ message }) => message)).toEqual(["one", "two"]);
    const rest = await get({ nextToken: first.nextForwardToken });
    expect(rest.events?.map(({ message }) => message)).toEqual(["ERROR three"]);
    const end = await get({ nextToken: rest.nextForwardToken });
    expect(end).toMatchObject({ events: [], nextForwardToken: rest.nextForwardToken });
    expect(await messages({ startTime: 3, endTime: 4 })).toEqual(["two"]);
    await expect(get({ logStreamName: "no" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
    await expect(get({ logGroupName: "no" })).rejects.toThrow("The specified log group does not exist.");
  });

  it("filters the lines of a group", async () => {
    const filter = async (more: object) =>
      (await logs.send(new FilterLogEventsCommand({ logGroupName: "/shop", ...more }))).events?.map(
        ({ message }) => message,
      );
    expect(await filter({ filterPattern: "ERROR" })).toEqual(["ERROR other", "ERROR three"]);
    expect(await filter({ filterPattern: "ERROR -other" })).toEqual(["ERROR three"]);
    expect(await filter({ logStreamNames: ["web/web/2"] })).toEqual(["ERROR other"]);
    expect(await filter({ logStreamNamePrefix: "web/web/1", limit: 1 })).toEqual(["one"]);
    await expect(filter({ filterPattern: "{ $.a = 1 }" })).rejects.toThrow("filter patterns of terms only");
  });

  it.each([
    ["", "anything", true],
    ["one two", "two and one", true],
    ["one two", "one", false],
    ['"one two"', "one two", true],
    ['"one two"', "two one", false],
    ["?one ?two", "two", true],
    ["?one ?two", "three", false],
    ["-one", "one", false],
    ['"a \\"b\\""', 'a "b"', true],
  ])("with the pattern %s matches %s: %s", (pattern, line, is) => expect(matcherOf(pattern)(line)).toBe(is));
});
