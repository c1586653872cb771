import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../embedded/docker/connect.ts";
import { takenPort } from "../../../embedded/docker/containerErrors.ts";
import { demultiplexed } from "../../../embedded/docker/containerLogs.ts";
import { ask, engineError, whileInUse } from "../../../embedded/docker/engine.ts";
import { uploadArchive } from "../../../embedded/docker/uploads.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retrofit-engine-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("which engine", () => {
  const options = (config: Parameters<typeof connect>[0], environment = {}) => {
    const { host, docker } = connect(config, { HOME: folder, ...environment });
    const { socketPath, protocol, port, host: name, ca } = docker.modem as unknown as Record<string, unknown>;
    return { host, socketPath, protocol, name, port, ca };
  };

  it.each([
    ["the usual one", {}, {}, { host: "unix:///var/run/docker.sock", socketPath: "/var/run/docker.sock" }],
    ["DOCKER_HOST", {}, { DOCKER_HOST: "unix:///x.sock" }, { socketPath: "/x.sock" }],
    [
      "the configuration before DOCKER_HOST",
      { host: "unix:///y.sock" },
      { DOCKER_HOST: "unix:///x.sock" },
      { socketPath: "/y.sock" },
    ],
    ["by TCP", { host: "tcp://10.0.0.1" }, {}, { protocol: "http", name: "10.0.0.1", port: 2375 }],
    ["by TCP and port", { host: "tcp://10.0.0.1:99" }, {}, { protocol: "http", name: "10.0.0.1", port: "99" }],
    ["by TLS", { host: "tcp://10.0.0.1", caMaterial: "CA" }, {}, { protocol: "https", port: 2376, ca: "CA" }],
    [
      "by TLS of the environment",
      {},
      { DOCKER_HOST: "tcp://h", DOCKER_CA_MATERIAL: "CA" },
      { protocol: "https", ca: "CA" },
    ],
    ["the default context is none", { context: "default" }, {}, { socketPath: "/var/run/docker.sock" }],
  ])("%s", (_case, config, environment, expected) => expect(options(config, environment)).toMatchObject(expected));

  it("by a folder of certificates", () => {
    writeFileSync(join(folder, "ca.pem"), "CA");
    expect(options({ host: "tcp://h", certPath: folder })).toMatchObject({ protocol: "https", ca: "CA" });
  });

  it("by a context before a host", () => {
    const id = createHash("sha256").update("far").digest("hex");
    const meta = join(folder, ".docker", "contexts", "meta", id);
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, "meta.json"), JSON.stringify({ Endpoints: { docker: { Host: "tcp://far:1" } } }));
    expect(options({ context: "far", host: "unix:///y.sock" })).toMatchObject({
      host: "tcp://far:1",
      name: "far",
      port: "1",
    });
    expect(options({}, { DOCKER_CONTEXT: "far" })).toMatchObject({ host: "tcp://far:1" });
  });

  it("refuses a context that is not there, and addresses of other kinds", () => {
    expect(() => options({ context: "near" })).toThrow(
      `there is no Docker context near in ${folder}/.docker; docker context ls shows those there are`,
    );
    expect(() => options({ host: "ssh://me@far" })).toThrow(
      "the Docker engine's address ssh://me@far is neither unix:// nor tcp://; forward an engine elsewhere to this machine (ssh -L) and give that address",
    );
  });
});

describe("an engine that cannot be reached", () => {
  it("is named, with the mend", async () => {
    const engine = connect({ host: `unix://${folder}/none.sock` });
    await expect(ask(engine, () => engine.docker.ping())).rejects.toThrow(
      `the Docker engine at unix://${folder}/none.sock cannot be reached: nothing is there. Start it, or set DOCKER_HOST or docker:host to where it is.`,
    );
  });

  it("is told from an engine that refuses", () => {
    const error = engineError({ host: "h" }, { statusCode: 409, json: { message: "conflict: x" } });
    expect(error).toMatchObject({ message: "conflict: x", status: 409 });
  });
});

it.each([
  [
    "driver failed programming external connectivity on endpoint a (f1): Bind for 127.0.0.1:8080 failed: port is already allocated",
    8080,
  ],
  ["... endpoint a: Bind for :::80 failed: port is already allocated", 80],
  ["... Error starting userland proxy: listen tcp4 127.0.0.1:5432: bind: address already in use", 5432],
  ["... failed to bind host port 0.0.0.0:8080/tcp: address already in use", 8080],
  ["no such image", undefined],
])("the taken port in %j", (message, port) => expect(takenPort(message)).toBe(port));

it("a log without a terminal is put together from both streams", () => {
  const piece = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream);
    header.writeUInt32BE(text.length, 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  expect(demultiplexed(Buffer.concat([piece(1, "out\n"), piece(2, "err\n"), piece(1, "")])).toString()).toBe(
    "out\nerr\n",
  );
  expect(demultiplexed(Buffer.alloc(0)).toString()).toBe("");
});

describe("trying again while in use", () => {
  const { signal } = new AbortController();
  const busy = new Error("in use");
  const isBusy = (error: unknown) => error === busy;

  it("ends with the first success", async () => {
    let tries = 0;
    await whileInUse(
      async () => {
        if (++tries < 3) throw busy;
      },
      isBusy,
      signal,
      5000,
    );
    expect(tries).toBe(3);
  });

  it("ends when patience does, at once with any other failure, and when interrupted", async () => {
    await expect(whileInUse(() => Promise.reject(busy), isBusy, signal, 50)).rejects.toThrow("in use");
    const other = new Error("other");
    await expect(whileInUse(() => Promise.reject(other), isBusy, signal)).rejects.toThrow("other");
    await expect(
      whileInUse(() => Promise.reject(busy), isBusy, AbortSignal.abort(new Error("interrupted"))),
    ).rejects.toThrow("interrupted");
  });
});

describe("files to upload", () => {
  it.each([
    [{ file: "/a" }, "uploads: /a has no content; give content, contentBase64 or source"],
    [
      { file: "/a", content: "x", contentBase64: "eA==" },
      "uploads: /a has more than one of content, contentBase64 and source",
    ],
    [
      { file: "/a", content: "x", owner: "nobody-here" },
      "uploads: the owner of /a, nobody-here, is not in /etc/passwd; give a number instead",
    ],
    [
      { file: "/a", content: "x", group: "nobody-here" },
      "uploads: the group of /a, nobody-here, is not in /etc/group; give a number instead",
    ],
  ])("%j is refused", async (upload, message) => {
    await expect(uploadArchive([upload])).rejects.toThrow(message);
  });

  it("are a tar archive with modes and owners", async () => {
    writeFileSync(join(folder, "source"), "from a file");
    const archive = await uploadArchive([
      { file: "/etc/a", content: "text", permissions: "0600", owner: "root", group: "7" },
      { file: "b", contentBase64: Buffer.from([0, 255]).toString("base64"), executable: true },
      { file: "/c", source: join(folder, "source") },
      { file: "/empty", content: "" },
    ]);
    const { extract } = await import("tar-stream");
    const entries: Record<string, unknown> = {};
    const reader = extract();
    reader.on("entry", async ({ name, mode, uid, gid }, stream, next) => {
      entries[name] = {
        mode: mode?.toString(8),
        uid,
        gid,
        content: (await buffer(stream)).toString("latin1"),
      };
      next();
    });
    await new Promise((resolve) => reader.on("finish", resolve).end(archive));
    expect(entries).toEqual({
      "etc/a": { mode: "600", uid: 0, gid: 7, content: "text" },
      b: { mode: "744", uid: 0, gid: 0, content: "\0\xff" },
      c: { mode: "644", uid: 0, gid: 0, content: "from a file" },
      empty: { mode: "644", uid: 0, gid: 0, content: "" },
    });
  });
});
