import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { ask, fingerprint, showsContainerize } from "../apps/containerize.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

describe("containerize on Docker", () => {
  let app: DeployedApp;
  let https: string;

  beforeAll(async () => {
    const port = await freePort();
    https = `https://127.0.0.1:${port}`;
    app = await DeployedApp.prepare("containerize", { environment: { HTTPS_PORT: port } });
  });
  afterAll(() => app?.remove());

  it("makes a key pair, comes up, and does what the app does", async () => {
    await app.up();
    expect(await app.stack.outputs()).toMatchObject({ url: `${https}/` });
    await showsContainerize({ http: app.http, https });
    // The key that was made is in no image and not in the state.
    expect(await app.stack.state()).not.toContain("PRIVATE KEY");
  });

  it("shows an edit of the mounted source at once, in the same container", async () => {
    const container = await app.container("app");
    const sources = await readdir(join(app.folder, "app/src"));
    const { stdout } = await promisify(execFile)("grep", [
      "-rlF",
      "easier to ask forgiveness",
      join(app.folder, "app/src"),
    ]);
    expect(sources.length).toBeGreaterThan(0);
    const file = stdout
      .trim()
      .split("\n")[0]
      ?.slice(app.folder.length + 1) as string;
    await app.edit(file, "easier to ask forgiveness", "simpler to ask forgiveness");
    await eventually(async () => expect((await ask(https, "/")).text).toContain("simpler to ask forgiveness"));
    expect(await app.container("app")).toBe(container);
  });

  it("takes a new key pair after a restart, without a build, and begins a new log folder", async () => {
    const before = await fingerprint(https);
    const logs = join(app.folder, "nginx/external/logs");
    const folders = await readdir(logs);
    for (const file of ["localhost.crt", "localhost.key"]) await rm(join(app.folder, "nginx/external/security", file));
    await docker("start", "--attach", await app.container("prepare"));
    await docker("restart", await app.container("nginx"));
    await eventually(async () => expect(await fingerprint(https)).not.toBe(before));
    const later = (await readdir(logs)).filter((folder) => !folders.includes(folder));
    expect(later).toEqual([expect.stringMatching(/\d{4}.?\d{2}.?\d{2}/)]);
  });

  it("answers without nginx where its own port is published, by https only", async () => {
    const port = await freePort();
    await app.configure({
      environment: {
        HTTP_PORT: Number(new URL(app.http).port),
        HTTPS_PORT: Number(new URL(https).port),
        APP_PORT: port,
        COMPOSE_FILE: "compose.yaml:compose.direct.yaml",
      },
    });
    await app.up();
    expect((await ask(`https://127.0.0.1:${port}`, "/")).text).toContain(
      "to ask forgiveness than it is to get permission.",
    );
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});
