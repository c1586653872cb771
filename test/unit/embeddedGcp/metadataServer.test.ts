import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instanceOf } from "../../../embedded/gcp/compute/instance.ts";
import { metadataOf } from "../../../embedded/gcp/metadata/content.ts";
import { MetadataServer, type MetadataSource } from "../../../embedded/gcp/metadata/server.ts";
import { eventually } from "../../support/eventually.ts";
import { instanceOutputs } from "./sampleInstance.ts";

const id = "projects/p/zones/us-east1-b/instances/web";
const google = { "Metadata-Flavor": "Google" };

describe("the metadata server", () => {
  let server: Server;
  let base: string;
  let outputs: typeof instanceOutputs;
  let guest: Record<string, Record<string, string>>;
  const changes = new EventEmitter<{ change: [id: string] }>();

  beforeEach(async () => {
    outputs = structuredClone(instanceOutputs);
    guest = {};
    const source: MetadataSource = {
      instanceAt: (address) => (address === "127.0.0.1" ? instanceOf(id, outputs) : undefined),
      tree: (instance) => metadataOf(instance, {}, guest),
      changes,
      accessToken: () => ({ token: "ya29.x", expiresIn: 3599 }),
      identityToken: (_instance, audience) => `jwt for ${audience}`,
      setGuestAttribute: (_instance, namespace, key, value) => {
        guest[namespace] = { [key]: value ?? "" };
        changes.emit("change", id);
      },
    };
    const metadata = new MetadataServer(source);
    server = createServer((request, response) => void metadata.handle(request, response));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${base}/computeMetadata/v1/${path}`, {
      headers: google,
      redirect: "manual",
      ...init,
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  /** Until a request waits for a change. */
  const waits = () => eventually(async () => expect(changes.listenerCount("change")).toBe(1));
  const release = (value: string) => {
    outputs.metadata = { ...(outputs.metadata as object), release: value };
    changes.emit("change", id);
  };

  it("tells that it is one", async () => {
    const response = await fetch(base);
    expect(response.headers.get("metadata-flavor")).toBe("Google");
  });

  it("answers only who means it", async () => {
    expect((await get("instance/name", { headers: {} })).status).toBe(403);
    expect((await get("instance/name", { headers: { ...google, "X-Forwarded-For": "1.2.3.4" } })).status).toBe(403);
    expect(await get("instance/name")).toMatchObject({ status: 200, text: "web" });
  });

  it("lists folders, and sends who forgets the slash there", async () => {
    expect((await get("instance/attributes/")).text).toBe("enable-guest-attributes\nrelease\n");
    const moved = await get("instance/attributes");
    expect([moved.status, moved.headers.get("location")]).toEqual([
      301,
      "http://metadata.google.internal/computeMetadata/v1/instance/attributes/",
    ]);
    expect((await get("instance/attributes/none")).status).toBe(404);
  });

  it.each(["true", "True"])("tells everything below with recursive=%s", async (flag) => {
    const { text, headers } = await get(`instance/attributes/?recursive=${flag}`);
    expect(JSON.parse(text)).toEqual({ release: "one", "enable-guest-attributes": "TRUE" });
    expect(headers.get("content-type")).toBe("application/json");
    expect((await get(`instance/attributes/?recursive=${flag}&alt=text`)).text).toContain("release one\n");
  });

  it("gives tokens for the instance's account only", async () => {
    expect(JSON.parse((await get("instance/service-accounts/default/token")).text)).toEqual({
      access_token: "ya29.x",
      expires_in: 3599,
      token_type: "Bearer",
    });
    expect((await get("instance/service-accounts/other@p.iam.gserviceaccount.com/token")).status).toBe(404);
    expect((await get("instance/service-accounts/default/identity?audience=https://x")).text).toBe("jwt for https://x");
    expect((await get("instance/service-accounts/default/identity")).status).toBe(400);
    delete outputs.serviceAccount;
    expect((await get("instance/service-accounts/default/token")).status).toBe(404);
  });

  it("waits for a change", async () => {
    const waiting = get("instance/attributes/release?wait_for_change=true");
    await waits();
    changes.emit("change", id); // not of this value
    release("two");
    expect((await waiting).text).toBe("two");
  });

  it("answers at once who knows an older state, and who waits too long with what it is", async () => {
    const etag = (await get("instance/attributes/release")).headers.get("etag");
    const late = get(`instance/attributes/release?wait_for_change=true&timeout_sec=0.2&last_etag=${etag}`);
    expect((await late).text).toBe("one");
    release("two");
    // Nothing changes any more, and no time is given: it would wait for ever.
    expect((await get(`instance/attributes/release?wait_for_change=true&last_etag=${etag}`)).text).toBe("two");
  });

  it("waits for what is not there yet", async () => {
    const waiting = get("instance/attributes/later?wait_for_change=true&last_etag=0");
    await waits();
    outputs.metadata = { later: "now" };
    changes.emit("change", id);
    expect(await waiting).toMatchObject({ status: 200, text: "now" });
  });

  it("keeps guest attributes where they are enabled", async () => {
    expect((await get("instance/guest-attributes/app/state", { method: "PUT", body: "fine" })).status).toBe(200);
    expect((await get("instance/guest-attributes/app/state")).text).toBe("fine");
    expect((await get("instance/guest-attributes/app", { method: "PUT", body: "x" })).status).toBe(404);
    expect((await get("instance/attributes/release", { method: "PUT", body: "x" })).status).toBe(404);
    const large = "x".repeat(256 * 1024 + 1);
    expect((await get("instance/guest-attributes/app/big", { method: "PUT", body: large })).status).toBe(413);
    outputs.metadata = {};
    expect((await get("instance/guest-attributes/app/state")).status).toBe(403);
    expect((await get("instance/guest-attributes/app/state", { method: "PUT", body: "x" })).status).toBe(403);
  });
});
