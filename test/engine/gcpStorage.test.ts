import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Buckets, bucketType } from "../../embedded/gcp/storage/buckets.ts";
import { Store } from "../../embedded/gcp/store.ts";
import { cacheFolder } from "../../tools/context.mjs";
import { goToolPath } from "../../tools/goTool.mjs";
import { gcsEmulator } from "../../tools/versions.mjs";
import { eventually } from "../support/eventually.ts";

const program = goToolPath(cacheFolder(process.env), "fake-gcs-server", gcsEmulator.version);

describe("the buckets' content", () => {
  let folder: string;
  let store: Store;
  let buckets: Buckets;
  const start = async () => {
    buckets = new Buckets(store, folder, program, () => undefined);
    await buckets.start();
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-buckets-"));
    store = new Store(join(folder, "state.json"));
    await start();
    store.put(bucketType, "uploads", { name: "uploads" });
    await buckets.create("uploads", false);
  });
  afterEach(async () => {
    buckets.stop();
    await rm(folder, { recursive: true });
  });

  /** As the front does it after each write. */
  const put = async (name: string, content: Buffer, more: Record<string, unknown> = {}) => {
    await buckets.emulator().put({ bucket: "uploads", name, size: "", ...more }, content);
    await buckets.journal.keep("uploads", name);
  };
  const get = async (name: string) => {
    const chunks: Buffer[] = [];
    for await (const chunk of (await buckets.emulator().content("uploads", name)) ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const names = async () => (await buckets.emulator().objects("uploads")).map(({ name }) => name).sort();
  const emulatorPid = async () => Number(await readFile(join(folder, "emulator.pid"), "utf8"));

  it("is what it was after a restart: bytes, types, metadata, odd names, folders' own objects", async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 251));
    await put("a/b c/ü?#%.bin", bytes, {
      contentType: "image/png",
      metadata: { gcsfuse_mtime: "2026-01-01T00:00:00Z" },
    });
    await put("a/", Buffer.alloc(0));
    await put("packed", Buffer.from("not really gzip"), { contentEncoding: "gzip", contentType: "text/plain" });
    await put("gone", Buffer.from("x"));
    await buckets.emulator().deleteObject("uploads", "gone");
    await buckets.journal.keep("uploads", "gone");

    buckets.stop();
    await start();
    expect(await names()).toEqual(["a/", "a/b c/ü?#%.bin", "packed"]);
    expect(await get("a/b c/ü?#%.bin")).toEqual(bytes);
    expect(await get("packed")).toEqual(Buffer.from("not really gzip"));
    expect(await buckets.emulator().object("uploads", "a/b c/ü?#%.bin")).toMatchObject({
      contentType: "image/png",
      metadata: { gcsfuse_mtime: "2026-01-01T00:00:00Z" },
    });
    expect(await buckets.emulator().object("uploads", "packed")).toMatchObject({ contentEncoding: "gzip" });
  });

  it("comes back when the emulator dies", async () => {
    await put("a", Buffer.from("x"));
    const before = await emulatorPid();
    process.kill(before, "SIGKILL");
    await eventually(async () => expect(await names()).toEqual(["a"]));
    expect(await emulatorPid()).not.toBe(before);
  });

  it("ends the emulator of a starter that could not do it", async () => {
    buckets.stop();
    const orphan = spawn(program, ["-scheme", "http", "-port", "0", "-backend", "memory"], { stdio: "ignore" });
    const ended = new Promise((resolve) => orphan.once("exit", (_code, signal) => resolve(signal)));
    await writeFile(join(folder, "emulator.pid"), String(orphan.pid));
    await start();
    expect(await ended).toBe("SIGKILL");
    expect(await emulatorPid()).not.toBe(orphan.pid);
  });

  it("keeps the last of many writes to one object", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => put("same", Buffer.from(`content ${n}`))));
    const now = await get("same");
    buckets.stop();
    await start();
    expect(await get("same")).toEqual(now);
    expect((await readdir(join(folder, "objects", "uploads"))).filter((file) => file.includes("partial"))).toEqual([]);
  });

  it("goes with its bucket", async () => {
    await buckets.setVersioned("uploads", true);
    await put("a", Buffer.from("1"));
    await put("a", Buffer.from("2"));
    await buckets.emulator().deleteObject("uploads", "a");
    expect(await names()).toEqual([]);
    expect(await buckets.isEmpty("uploads")).toBe(false);
    await buckets.remove("uploads");
    expect(await readdir(join(folder, "objects"))).toEqual([]);
  });
});
