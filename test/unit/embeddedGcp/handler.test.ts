import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { PartialFailure } from "../../../embedded/core/handler.ts";
import { Failures } from "../../../embedded/daemon/failures.ts";
import { Vault } from "../../../embedded/daemon/vault.ts";
import type { Cloud } from "../../../embedded/gcp/cloud.ts";
import { KindHandler } from "../../../embedded/gcp/resources/handler.ts";
import { kinds } from "../../../embedded/gcp/resources/kinds.ts";
import { Store } from "../../../embedded/gcp/store.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-handler-"));
afterAll(() => rmSync(folder, { recursive: true }));

const call = { urn: "urn", name: "test", signal: new AbortController().signal, log: () => undefined };

describe("resources of the embedded cloud", () => {
  let store: Store;
  let cloud: Cloud;
  let failures: Failures;
  let run = 0;

  beforeEach(() => {
    run++;
    store = new Store(join(folder, `state${run}.json`));
    const vault = new Vault(store, join(folder, "key"));
    const failuresFile = join(folder, `failures${run}.json`);
    failures = new Failures(failuresFile);
    const buckets = {
      create: async () => undefined,
      isEmpty: async () => false,
      remove: async () => undefined,
      setVersioned: async () => undefined,
    };
    const instances = { all: () => [], applyFirewall: async () => undefined };
    cloud = { store, vault, failuresFile, buckets, instances } as unknown as Cloud;
  });

  const handler = (noun: string, project: string | undefined = "p") => {
    const kind = kinds.find((each) => each.noun === noun || each.type === noun);
    if (kind === undefined) throw new Error(`no kind ${noun}`);
    const place = { ...(project ? { project } : {}), region: "us-east1", defaultLabels: {}, attribution: false };
    return new KindHandler(kind, cloud, place);
  };
  const enable = (...apis: string[]) =>
    Promise.all(apis.map((api) => handler("Service").create({ service: `${api}.googleapis.com` }, call)));
  const bucket = { name: "uploads", location: "us-east1" };

  it("need their API, in the words of the API", async () => {
    await expect(handler("Network").create({ name: "n" }, call)).rejects.toThrow(
      /^Error creating Network: googleapi: Error 403: Compute Engine API has not been used in project 199744989092 before or it is disabled\./,
    );
    await enable("compute");
    expect((await handler("Network").create({ name: "n" }, call)).id).toBe("projects/p/global/networks/n");
  });

  it("leave their API enabled, unless the program says otherwise", async () => {
    const [compute] = await enable("compute");
    await handler("Service").delete(compute?.id ?? "", {}, {}, call);
    await handler("Network").create({ name: "n" }, call);
    const service = { service: "compute.googleapis.com", disableOnDestroy: true };
    const { id } = await handler("Service").create(service, call);
    await handler("Service").delete(id, service, {}, call);
    await expect(handler("Network").create({ name: "m" }, call)).rejects.toThrow("has not been used in project");
  });

  it("are there once", async () => {
    await handler("bucket").create(bucket, call);
    await expect(handler("bucket").create(bucket, call)).rejects.toThrow(
      "Error creating bucket: googleapi: Error 409: The resource 'uploads' already exists, conflict",
    );
  });

  it("may be asked for by several programs, where they are switched on or granted", async () => {
    const [first, second] = [await enable("compute", "iam"), await enable("compute", "iam")];
    expect(second).toEqual(first);
    const { outputs } = await handler("service account").create({ accountId: "app-account" }, call);
    const granted = { role: "roles/logging.logWriter", member: outputs.member as string };
    const grant = () => handler("gcp:projects/iAMMember:IAMMember").create(granted, call);
    await enable("cloudresourcemanager");
    expect(await grant()).toEqual(await grant());
  });

  it("name their project themselves where the provider does not", async () => {
    const elsewhere = (noun: string) => handler(noun, "");
    await elsewhere("Service").create({ project: "q", service: "iam.googleapis.com" }, call);
    const account = await elsewhere("service account").create({ project: "q", accountId: "app-account" }, call);
    await elsewhere("bucket").create({ ...bucket, project: "q" }, call);
    const role = "roles/storage.objectViewer";
    const member = account.outputs.member as string;
    const granted = await elsewhere("gcp:storage/bucketIAMMember:BucketIAMMember").create(
      { bucket: "uploads", role, member },
      call,
    );
    expect(granted.id).toBe(`b/uploads/${role}/${member}`);
    const user = { serviceAccountId: account.id, role: "roles/iam.serviceAccountUser", member: "user:a@example.com" };
    expect((await elsewhere("gcp:serviceaccount/iAMMember:IAMMember").create(user, call)).id).toContain(account.id);
  });

  it("show what drifted, and only that", async () => {
    const inputs = { ...bucket, labels: { a: "1" }, versioning: { enabled: true } };
    const { id } = await handler("bucket").create(inputs, call);
    expect((await handler("bucket").read(id, inputs, {}, call))?.drift).toEqual({});
    store.put("gcp:storage/bucket:Bucket", id, {
      ...store.get("gcp:storage/bucket:Bucket", id),
      versioning: { enabled: false },
    });
    expect((await handler("bucket").read(id, inputs, {}, call))?.drift).toEqual({ versioning: { enabled: false } });
    expect(await handler("bucket").read("other", inputs, {}, call)).toBeUndefined();
  });

  it("are imported with what a program would write", async () => {
    const made = await handler("bucket").create(
      { ...bucket, uniformBucketLevelAccess: true, labels: { a: "1" } },
      call,
    );
    const imported = await handler("bucket").importInputs(made);
    expect(imported).toMatchObject({
      name: "uploads",
      location: "US-EAST1",
      labels: { a: "1" },
      uniformBucketLevelAccess: true,
    });
    expect(Object.keys(imported)).not.toContain("selfLink");
    expect(Object.keys(imported)).not.toContain("effectiveLabels");
  });

  it("keep none of a secret's bytes in the state file", async () => {
    await enable("secretmanager");
    await handler("Secret").create({ secretId: "s", replication: { auto: {} } }, call);
    const versions = handler("SecretVersion");
    const first = await versions.create({ secret: "projects/p/secrets/s", secretData: "one" }, call);
    expect(first.outputs.version).toBe("1");
    expect(JSON.stringify(store.get("gcp:secretmanager/secretVersion:SecretVersion", first.id))).not.toContain("one");
    await versions.delete(first.id, {}, {}, call);
    // A number is never given again.
    expect((await versions.create({ secret: "projects/p/secrets/s", secretData: "two" }, call)).outputs.version).toBe(
      "2",
    );
    await expect(
      versions.create({ secret: "projects/p/secrets/s", secretData: "x".repeat(65_537) }, call),
    ).rejects.toThrow("more than 65536 bytes");
    expect(store.all("gcp:secretmanager/secretVersion:SecretVersion")).toHaveLength(1);
  });

  it("stay where they must, or when they are only let go of", async () => {
    const { id } = await handler("bucket").create(bucket, call);
    await expect(handler("bucket").delete(id, {}, {}, call)).rejects.toThrow(
      "Error trying to delete bucket uploads without `force_destroy` set to true",
    );
    await expect(handler("bucket").delete(id, { deletionPolicy: "PREVENT" }, {}, call)).rejects.toThrow("PREVENT");
    await handler("bucket").delete(id, { deletionPolicy: "ABANDON" }, {}, call);
    expect(store.all("gcp:storage/bucket:Bucket")).toHaveLength(1);
    await handler("bucket").update(id, bucket, { ...bucket, forceDestroy: true }, {}, call);
    await handler("bucket").delete(id, {}, {}, call);
    expect(store.all("gcp:storage/bucket:Bucket")).toEqual([]);
    await handler("bucket").delete(id, {}, {}, call); // no error
  });

  it("are not there after a creation that failed, unless it failed late", async () => {
    failures.write([{ operation: "create", error: "permission", times: 1 }]);
    await expect(handler("bucket").create(bucket, call)).rejects.toThrow(
      "Required 'create' permission for 'uploads', forbidden",
    );
    expect(store.all("gcp:storage/bucket:Bucket")).toEqual([]);
    failures.write([{ operation: "create", error: "timeout", times: 1 }]);
    const error = await handler("bucket")
      .create(bucket, call)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PartialFailure);
    expect((error as PartialFailure).observed.id).toBe("uploads");
    expect(store.all("gcp:storage/bucket:Bucket")).toHaveLength(1);
  });

  it("end a slow operation when it is interrupted", async () => {
    failures.write([{ operation: "create", error: "slow", delay: 60 }]);
    const aborted = { ...call, signal: AbortSignal.timeout(50) };
    await expect(handler("bucket").create(bucket, aborted)).rejects.toThrow("timeout");
    expect(store.all("gcp:storage/bucket:Bucket")).toEqual([]);
  });
});
