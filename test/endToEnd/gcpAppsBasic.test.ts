import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { download, showsFlaskUploadDemo, uploaded } from "../apps/flaskUploadDemo.ts";
import { GcpApp } from "../support/gcpApp.ts";

describe("flask-upload-demo without nginx, on Google Cloud", () => {
  let app: GcpApp;
  let http: string;

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-upload-demo", { app: "basic", volumes: { uploads: { storage: "bucket" } } });
  });
  afterAll(() => app?.remove());

  it("comes up and does what the app does", async () => {
    await app.up();
    http = await app.http();
    await showsFlaskUploadDemo({ http, files: "gunicorn" });
  });

  it("keeps what was uploaded when the machine dies", async () => {
    const bytes = randomBytes(200_000);
    const place = await uploaded(http, "kept.bin", bytes);
    await app.cloud("kill");
    await app.up("--refresh");
    expect(await app.http()).toBe(http);
    expect((await download(http, place)).body.equals(bytes)).toBe(true);
  });
});
