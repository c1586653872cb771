import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, fingerprint } from "../apps/containerize.ts";
import { AwsApp } from "../support/awsApp.ts";
import { type KeyPair, keyPair } from "../support/keyPair.ts";

// The containers speak HTTP; an Application Load Balancer ends TLS.
describe("hello-world on Fargate, with a certificate of one's own", () => {
  let app: AwsApp;
  let https: string;
  const pairs: KeyPair[] = [];

  beforeAll(async () => {
    app = await AwsApp.prepare("hello-world");
  });
  afterAll(() => app?.remove());

  const configurePair = async () => {
    const pair = await keyPair();
    pairs.push(pair);
    await app.configure({ certificate: pair.certificate });
    await app.stack.secret("certificateKey", pair.key);
  };

  it("refuses a key that can be read, and one that is another certificate's, before anything is made", async () => {
    const [one, other] = await Promise.all([keyPair(), keyPair()]);
    await app.configure({ certificate: one.certificate, certificateKey: one.key });
    const plain = await app.stack.up();
    expect(plain.messages).toContain("retrofit:certificateKey: the key is kept in plain text.");
    await app.configure({ certificate: one.certificate });
    await app.stack.secret("certificateKey", other.key);
    const { ok, messages } = await app.stack.up();
    expect(ok).toBe(false);
    expect(messages).toContain("retrofit:certificateKey: this is another certificate's key. Give this one's.");
    expect(await app.stack.outputs()).toEqual({});
  });

  it("greets at 443, and sends there from 80", async () => {
    await configurePair();
    await app.up();
    https = await app.http();
    expect(https).toMatch(/^https:\/\/[\d.]+$/);
    expect(await fingerprint(https)).toBe(pairs[0]?.fingerprint);
    const greeting = await ask(https, "/");
    expect(greeting).toMatchObject({ status: 200, text: "Hello, World! (from a Docker container)" });
    const moved = await fetch(https.replace("https:", "http:"), { redirect: "manual" });
    expect(moved.status).toBe(301);
    expect(moved.headers.get("location")).toMatch(/^https:\/\/[\d.]+:443\/$/);
  });

  it("takes another pair with the next up, and no task is replaced", async () => {
    const before = await app.running("web");
    await configurePair();
    const { changes } = await app.up();
    expect(changes).toMatchObject({ update: 1 });
    expect(await fingerprint(https)).toBe(pairs[1]?.fingerprint);
    expect(await app.running("web")).toEqual(before);
  });

  it("tells nobody its keys", async () => {
    const told = [
      await app.stack.state(),
      JSON.stringify(await app.stack.outputs()),
      await app.cloud("status"),
      await app.cloud("logs"),
    ].join("\n");
    expect(told).toContain("acm");
    for (const { key } of pairs) {
      const [, line = ""] = key.split("\n");
      expect(line).toMatch(/^[\w+/]{40,}$/);
      expect(told.includes(line)).toBe(false);
    }
  });
});
