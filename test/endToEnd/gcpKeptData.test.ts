import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GcpApp } from "../support/gcpApp.ts";

// Neither the project's name nor that of a volume is one that Google Cloud takes.
const compose = `
name: 2_shops
services:
  web:
    image: nginx:1.28
    ports: ["80:80"]
    env_file: app.env
    volumes: [up:/srv/up, more:/srv/more, data_1:/srv/data]
volumes: { up: , more: , data_1: }
`;

describe("what a stack on Google Cloud keeps", () => {
  let folder: string;
  let app: GcpApp;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-kept-"));
    await writeFile(join(folder, "compose.yaml"), compose);
    await writeFile(join(folder, "app.env"), "EMPTY=\nFULL=value\n");
    app = await GcpApp.inPlace(folder, { volumes: { up: { storage: "bucket" } } });
    await app.up();
  });
  afterAll(async () => {
    await app?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("is no secret without a value", async () => {
    const variables = JSON.parse(await app.inspect("web", "{{json .Config.Env}}"));
    expect(variables).toEqual(expect.arrayContaining(["EMPTY=", "FULL=value"]));
  });

  it("is a bucket under its name, when another one comes", async () => {
    const up = `${app.project}-storage`;
    expect(await app.stack.outputs()).toMatchObject({ buckets: { up } });
    await app.configure({ volumes: { up: { storage: "bucket" }, more: { storage: "bucket" } } });
    const { changes, steps } = await app.up();
    expect(await app.stack.outputs()).toMatchObject({ buckets: { up, more: `${app.project}-storage-more` } });
    expect(changes).not.toHaveProperty("delete");
    expect(steps.filter((step) => step.startsWith("replace"))).toEqual([]);
  });

  it("is the data disk, as what cannot be changed of it is refused", async () => {
    const inputs = { destroyContent: false, "gcp:zone": "us-east1-c", dataDiskType: "pd-ssd", dataDiskSize: 10 };
    await app.configure({ volumes: { up: { storage: "bucket" }, more: { storage: "bucket" } }, ...inputs });
    const { ok, messages, changes } = await app.stack.up();
    expect([ok, changes]).toEqual([false, { same: 1 }]);
    expect(messages).toContain(
      "gcp:zone: the data disk is in us-east1-b, and one in us-east1-c would be another one, empty",
    );
    expect(messages).toContain("retrofit:dataDiskType: the data disk is of type pd-balanced");
    expect(messages).not.toContain("dataDiskSize:");
  });
});
