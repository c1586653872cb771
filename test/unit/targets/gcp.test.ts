import { describe, expect, it } from "vitest";
import type { App } from "../../../compose/model.ts";
import { deployToGcp } from "../../../targets/gcp.ts";
import { app, secretsOf, service, volume } from "../../support/app.ts";
import { type Registration, registrationsOf } from "../../support/recorder.ts";

type Config = Parameters<typeof deployToGcp>[1];

const config = {
  images: {},
  registry: { logins: [] },
  standIns: [],
  file: "Pulumi.shop.yaml",
  secrets: secretsOf({}),
  attempt: 1,
  destroyContent: false,
  gcp: {
    project: "shop-1",
    zone: "us-east1-b",
    vm: { bootDiskSize: 10, networkTier: "STANDARD" },
    dataDisk: { size: 10, snapshotDays: 14 },
    buckets: { restorableDays: 30, hierarchical: false },
    allBuckets: false,
    ssh: false,
    existingRegistry: false,
  },
} as unknown as Config;

const computed = { "docker-build:index:Image": () => ({ digest: `sha256:${"1".repeat(64)}` }) };
const mount = (name: string) =>
  ({ kind: "volume", volume: name, target: `/${name}`, readOnly: false, noCopy: false }) as const;
const withDisk = app(
  [service("db", { mounts: [mount("data")], ports: [{ target: 80, published: 80, protocol: "tcp" }] })],
  [volume("data")],
);

/** What is registered of an app with these keys otherwise, where the deployment before put this out; and what it puts out itself. */
async function deployed(target: App, more: Partial<Config> = {}, last: Record<string, unknown> = {}) {
  let outputs: Record<string, unknown> = {};
  const all: Registration[] = await registrationsOf(
    async () => {
      outputs = await deployToGcp(target, { ...config, ...more });
    },
    computed,
    last,
  );
  return { all, outputs };
}

const elsewhere = { ...config.gcp, zone: "us-west1-a", dataDisk: { size: 10, type: "pd-ssd", snapshotDays: 14 } };
const dataDisk = { zone: "us-east1-b", type: "pd-balanced", size: 20 };

describe("a data disk that only an empty one could follow", () => {
  it("is refused with all keys that ask for it, before anything is made", async () => {
    const made = await registrationsOf(
      () =>
        expect(deployToGcp(withDisk, { ...config, gcp: elsewhere })).rejects.toThrow(
          [
            "Pulumi.shop.yaml: gcp:zone: the data disk is in us-east1-b, and one in us-west1-a would be another one, empty. " +
              'Set it back to us-east1-b, or move the data as "Another data disk" in docs/gcp.md tells.',
            "Pulumi.shop.yaml: retrofit:dataDiskType: the data disk is of type pd-balanced, and one of type pd-ssd would be another one, empty. " +
              'Set it back to pd-balanced, or move the data as "Another data disk" in docs/gcp.md tells.',
            "Pulumi.shop.yaml: retrofit:dataDiskSize: the data disk has 20 GB and cannot shrink: one of 10 GB would be another one, empty. " +
              'Set it back to 20, or move the data as "Another data disk" in docs/gcp.md tells.',
          ].join("\n"),
        ),
      computed,
      { dataDisk },
    );
    expect(made).toEqual([]);
  });

  it("is made where its content may go", async () => {
    const { outputs } = await deployed(withDisk, { gcp: elsewhere, destroyContent: true }, { dataDisk });
    expect(outputs.dataDisk).toEqual({ zone: "us-west1-a", type: "pd-ssd", size: 10 });
  });

  it("is nothing that the first deployment asks for, nor one that grows, nor an app without a disk", async () => {
    const { outputs } = await deployed(withDisk);
    expect(outputs.dataDisk).toEqual({ ...dataDisk, size: 10 });
    const grown = { ...config.gcp, dataDisk: { size: 30, snapshotDays: 14 } };
    expect((await deployed(withDisk, { gcp: grown }, { dataDisk })).outputs.dataDisk).toMatchObject({ size: 30 });
    const without = await deployed(app([service("web")]), { gcp: elsewhere }, { dataDisk });
    expect(without.outputs).not.toHaveProperty("dataDisk");
  });
});

describe("a Compose project whose name is none of Google Cloud's", () => {
  // As the provider names what is given no name: by its name in the program, a hyphen and seven digits.
  const named = (all: Registration[]) =>
    all
      .filter(({ type, inputs }) => type.startsWith("gcp:compute/") && inputs.name === undefined)
      .map(({ name }) => `${name}-1f2e3d4`);

  it.each([
    ["my_shop", "my-shop"],
    ["2048", "a-2048"],
    ["s".repeat(60), "s".repeat(40)],
    ["shop-", "shop-"],
    [`shop-${"s".repeat(35)}`, `shop-${"s".repeat(35)}`],
  ])("%s is a part of names that it takes", async (name, part) => {
    const { all } = await deployed({ ...withDisk, name });
    expect(named(all)).toHaveLength(7);
    expect(named(all).filter((each) => !/^[a-z][-a-z0-9]{0,61}[a-z0-9]$/.test(each))).toEqual([]);
    expect(named(all).every((each) => each.startsWith(`${part}-`))).toBe(true);
  });
});

it("leaves a bucket its name, for the mount and for the environment, where a second one comes", async () => {
  const environment = { UPLOADS: `\${bucket.uploads}`, PHOTOS: `\${bucket.photos}` };
  const { all, outputs } = await deployed(
    app([service("web", { environment })]),
    {},
    { buckets: { uploads: "shop-1-storage" } },
  );
  expect(all.filter(({ type }) => type.endsWith(":Bucket")).map(({ inputs }) => inputs.name)).toEqual([
    "shop-1-storage-photos",
    "shop-1-storage",
  ]);
  expect(Object.keys(outputs.buckets as object)).toEqual(["photos", "uploads"]);
});
