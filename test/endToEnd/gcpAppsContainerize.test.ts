import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, configurePair, fingerprint, showsContainerize } from "../apps/containerize.ts";
import { eventually } from "../support/eventually.ts";
import { GcpApp } from "../support/gcpApp.ts";
import { toldBy } from "../support/gcpPlaces.ts";
import type { KeyPair } from "../support/keyPair.ts";

describe("containerize on Google Cloud, its key pair in the secret manager", () => {
  let app: GcpApp;
  let http: string;
  let https: string;
  const pairs: KeyPair[] = [];

  beforeAll(async () => {
    app = await GcpApp.example("gcp-containerize");
    pairs.push(await configurePair(app));
  });
  afterAll(() => app?.remove());

  it("comes up with the pair that it was given, and does what the app does", async () => {
    await app.up();
    http = await app.http();
    https = http.replace("http:", "https:");
    expect(await app.stack.outputs()).toMatchObject({ url: `${https}/` });
    await showsContainerize({ http, https });
    expect(await fingerprint(https)).toBe(pairs[0]?.fingerprint);
  });

  it("shows the client's address to the app", async () => {
    const { text } = await ask(https, "/");
    expect(text).toContain(`X-Real-IP: ${await ownAddress(new URL(https).hostname)}\n`);
  });

  it("takes another pair with the next up, and the app serves on", async () => {
    pairs.push(await configurePair(app));
    expect((await app.up()).steps).toContainEqual(expect.stringMatching(/^replace .*TLS_KEY/));
    expect(await fingerprint(https)).toBe(pairs[1]?.fingerprint);
  });

  it("has its pair again after a reboot", async () => {
    const started = () => app.inspect("nginx", "{{.State.StartedAt}}");
    const before = await started();
    await app.cloud("reboot");
    await eventually(async () => expect(await started()).not.toBe(before));
    await eventually(async () => expect(await fingerprint(https)).toBe(pairs[1]?.fingerprint));
  });

  it("tells nobody its keys", async () => {
    const state = await app.stack.state();
    expect(pairs).toHaveLength(2);
    for (const { key } of pairs) {
      const [, line = ""] = key.split("\n");
      expect(line).toMatch(/^[\w+/]{40,}$/);
      expect(state).not.toContain(line);
      for (const [place, text] of await toldBy(app)) expect(text.includes(line), place).toBe(false);
      // The old release's is gone with it.
      const kept = await app.inside("cat /run/retrofit/secrets/*");
      expect(kept.includes(line)).toBe(key === pairs[1]?.key);
    }
  });

  /** The address of this machine that a host sees. */
  function ownAddress(host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: 443 }, () => {
        resolve(socket.localAddress ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }
});
