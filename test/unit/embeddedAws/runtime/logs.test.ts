import { mkdtempSync, readdirSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { entries } from "../../../../embedded/aws/runtime/logs/frames.ts";
import { firstLine } from "../../../../embedded/aws/runtime/logs/multiline.ts";
import { LogStore } from "../../../../embedded/aws/runtime/logs/store.ts";

const at = (n: number) => `2026-01-02T03:04:0${n}.000000001Z`;

function frame(source: number, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = source;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** As it comes through a socket: cut anywhere. */
async function* cut(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let begin = 0; begin < whole.length; begin += size) yield whole.subarray(begin, begin + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("what a container prints", () => {
  it.each([1, 7, 1000])("is taken apart into lines, in pieces of %i bytes", async (size) => {
    const stream = Buffer.concat([
      frame(1, `${at(1)} one\n`),
      frame(2, `${at(2)} two ö\r\n`),
      // The engine keeps long lines in pieces; between two of them the other output may write.
      frame(1, `${at(3)} long `),
      frame(2, `${at(4)} between\n`),
      frame(1, `${at(5)} line\n`),
      frame(1, `${at(6)} \n`),
      frame(1, `${at(7)} end`),
    ]);
    expect(await all(entries(cut(stream, size), false))).toEqual([
      { at: at(1), text: "one" },
      { at: at(2), text: "two ö" },
      { at: at(4), text: "between" },
      { at: at(3), text: "long line" },
      { at: at(6), text: "" },
      { at: at(7), text: "end" },
    ]);
  });

  it("is not framed with a terminal", async () => {
    const stream = Buffer.from(`${at(1)} one\r\n${at(2)} two`);
    expect(await all(entries(cut(stream, 5), true))).toEqual([
      { at: at(1), text: "one" },
      { at: at(2), text: "two" },
    ]);
  });

  it("begins a new event where the pattern or the time says so", () => {
    expect(firstLine({})).toBeUndefined();
    expect(firstLine({ multilinePattern: "^\\[" })?.test("[a")).toBe(true);
    const dated = firstLine({ datetimeFormat: "%Y-%m-%d %H:%M:%S" });
    expect(["2026-01-02 03:04:05 x", "  at f (2026)"].map((line) => dated?.test(line))).toEqual([true, false]);
    expect(firstLine({ datetimeFormat: "[%b %d, %Y %H:%M:%S]" })?.test("[Jan 02, 2026 03:04:05] x")).toBe(true);
  });
});

describe("log groups", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrofit-logs-"));
  const store = new LogStore(folder);

  it("keep events by stream, with their times", async () => {
    store.create("/app/web", "p/web/1");
    store.create("/app/web", "p/db/1");
    const followed: string[] = [];
    const end = store.follow((group, { message }) => void followed.push(`${group} ${message}`));
    store.append("/app/web", "p/web/1", at(1), "first");
    store.append("/app/web", "p/db/1", at(2), "second");
    end();
    store.append("/app/web", "p/web/1", at(3), "third");
    expect(followed).toEqual(["/app/web first", "/app/web second"]);
    const brief = async (stream?: string) =>
      (await all(store.events("/app/web", stream))).map(({ logStreamName, timestamp, message }) => [
        logStreamName,
        timestamp,
        message,
      ]);
    const time = (n: number) => Date.parse(at(n));
    expect(await brief()).toEqual([
      ["p/web/1", time(1), "first"],
      ["p/db/1", time(2), "second"],
      ["p/web/1", time(3), "third"],
    ]);
    expect(await brief("p/db/1")).toEqual([["p/db/1", time(2), "second"]]);
    expect(await store.last("/app/web", "p/web/1")).toBe(at(3));
    const streams = await new LogStore(folder).streams("/app/web");
    expect(
      streams.map(({ logStreamName, firstEventTimestamp, lastEventTimestamp }) => [
        logStreamName,
        firstEventTimestamp,
        lastEventTimestamp,
      ]),
    ).toEqual([
      ["p/db/1", time(2), time(2)],
      ["p/web/1", time(1), time(3)],
    ]);
  });

  it("are gone when they are removed, and take nothing more from who still writes", async () => {
    store.remove("/app/web");
    store.append("/app/web", "p/web/1", at(4), "late");
    expect(await all(store.events("/app/web"))).toEqual([]);
    expect(await store.streams("/app/web")).toEqual([]);
  });

  it("survive a line that was cut off", async () => {
    store.create("g", "s");
    store.append("g", "s", at(1), "whole");
    const [file = ""] = readdirSync(join(folder, "g"));
    await appendFile(join(folder, "g", file), '{"at":"20');
    expect((await all(store.events("g"))).map(({ message }) => message)).toEqual(["whole"]);
  });
});
