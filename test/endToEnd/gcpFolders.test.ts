import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { GcpApp } from "../support/gcpApp.ts";

const compose = `
name: folders
services:
  web:
    image: nginx:1.28
    ports: ["80:80"]
    volumes:
      - ./sites:/etc/nginx/conf.d:ro
`;

const site = (text: string) => `server {
  listen 80;
  location = /key { alias /etc/nginx/conf.d/keys/site.key; }
  location / { return 200 "${text}\\n"; }
}
`;

describe("a bound folder on a VM", () => {
  let folder: string;
  let app: GcpApp;
  let http: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-folders-"));
    await mkdir(join(folder, "sites/keys"), { recursive: true });
    await writeFile(join(folder, "compose.yaml"), compose);
    await writeFile(join(folder, "sites/site.conf"), site("from the folder"));
    await writeFile(join(folder, "sites/keys/site.key"), "k3y", { mode: 0o600 });
    app = await GcpApp.inPlace(folder);
    await app.up();
    http = await app.http();
  });
  afterAll(async () => {
    await app?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const got = async (path: string) => (await fetch(http + path)).text();
  const inContainer = (script: string) =>
    app.inside(`docker exec $(docker ps --quiet --filter label=retrofit.service=web) sh -c '${script}'`);

  it("hides what the image has there, as on Docker", async () => {
    expect(await got("/")).toBe("from the folder\n");
    expect(await inContainer("cd /etc/nginx/conf.d && find . -type f | sort")).toBe("./keys/site.key\n./site.conf");
  });

  it("is read-only, and has its key from Secret Manager", async () => {
    expect(await got("/key")).toBe("k3y");
    expect(await inContainer("touch /etc/nginx/conf.d/x 2>&1 || true")).toMatch(/Read-only file system/);
  });

  it("is another volume when it has changed", async () => {
    await writeFile(join(folder, "sites/site.conf"), site("from the folder, changed"));
    await app.up();
    // A connection that is kept open stays with the old release for some seconds.
    await eventually(async () => expect(await got("/")).toBe("from the folder, changed\n"));
  });
});
