import { Resolver } from "node:dns/promises";
import { describe, expect, it } from "vitest";
import { addressOf, answerTo, apiAddress, metadataAddress, questionOf, serveDns } from "../../../embedded/gcp/dns.ts";

describe("names", () => {
  it.each([
    ["metadata.google.internal", metadataAddress],
    ["metadata", metadataAddress],
    ["storage.googleapis.com", apiAddress],
    ["gcr.io", apiAddress],
    ["eu.gcr.io", apiAddress],
    ["us-east1-docker.pkg.dev", apiAddress],
    ["registry-1.docker.io", apiAddress],
    ["ghcr.io", apiAddress],
    ["pkg.ghcr.io", undefined],
    ["notgcr.io", undefined],
    ["gcr.io.example.com", undefined],
    ["deb.debian.org", undefined],
  ])("%s", (name, address) => expect(addressOf(name)).toBe(address));
});

describe("messages", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a header alone", Buffer.alloc(12)],
    [
      "a name without end",
      Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([63, 65, 65, 65, 65, 65])]),
    ],
    [
      "a pointer in the question",
      Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
    ],
  ])("%s is no question", (_, message) => expect(questionOf(message)).toBeUndefined());

  it("an answer repeats the question", () => {
    const query = Buffer.concat([
      Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      Buffer.from([1, 0x41, 2, 0x42, 0x63, 0, 0, 1, 0, 1]),
    ]);
    const question = questionOf(query);
    expect(question).toEqual({ name: "a.bc", type: 1, end: 22 });
    const answer = answerTo(query, question as NonNullable<typeof question>, "1.2.3.4");
    expect(answer.subarray(0, 2)).toEqual(query.subarray(0, 2));
    expect([...answer.subarray(-4)]).toEqual([1, 2, 3, 4]);
  });
});

describe("the server", () => {
  it("is understood by a resolver", async () => {
    const server = await serveDns("127.0.0.1", 0);
    const resolver = new Resolver({ timeout: 30_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
    expect(await resolver.resolve4("Storage.GoogleAPIs.com")).toEqual([apiAddress]);
    await expect(resolver.resolve6("gcr.io")).rejects.toThrow("ENODATA");
    server.close();
  });
});
