import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { expect } from "vitest";

/** What flask-upload-demo must show wherever it runs. */
export interface FlaskUploadDemo {
  /** Address of its HTTP port: `http://127.0.0.1:8080`. */
  readonly http: string;
  /** Who answers for uploaded files: gunicorn in the variant `basic`. @default "nginx" */
  readonly files?: "nginx" | "gunicorn";
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Bytes that the body of a request may have. The file has what its multipart framing leaves of them. */
export const bodyLimit = 20 * 1024 * 1024;

/** Uploads under a name that is sent as it is, however hostile, and does not follow the redirect. */
export async function upload(http: string, name: string, bytes: Uint8Array): Promise<Answer> {
  const { body, type } = multipart(name, bytes);
  return send(http, "/", { method: "POST", headers: { "content-type": type }, body });
}

/** Uploads and returns the path at which the file is served. */
export async function uploaded(http: string, name: string, bytes: Uint8Array): Promise<string> {
  const answer = await upload(http, name, bytes);
  expect(answer.status, answer.body.toString()).toBe(302);
  return answer.headers.get("location") ?? "";
}

/** Gets a path as it is written, without the normalisation of a URL. */
export async function download(http: string, path: string): Promise<Answer> {
  return send(http, path, { method: "GET" });
}

export async function showsFlaskUploadDemo({ http, files = "nginx" }: FlaskUploadDemo): Promise<void> {
  await showsForm(http);
  await keepsBytes(http, files);
  await limitsSize(http);
  await makesNamesSafe(http);
  await neverRunsUploads(http);
  await answersErrors(http);
}

async function showsForm(http: string): Promise<void> {
  const form = await download(http, "/");
  expect(form.status).toBe(200);
  expect(form.body.toString()).toMatch(/<input type="file"[^>]* name="file"/);
  expectSecure(form);
  expect(form.headers.get("content-security-policy")).toContain("default-src 'none'");
}

/** An uploaded file is served for good, byte by byte, by the server that is meant to. */
async function keepsBytes(http: string, files: "nginx" | "gunicorn"): Promise<void> {
  const bytes = randomBytes(300_000);
  const name = `${randomBytes(6).toString("hex")}.jpg`;
  expect(await uploaded(http, name, bytes)).toBe(`/uploads/${name}`);

  const first = await download(http, `/uploads/${name}`);
  expect(first.status).toBe(200);
  expect(first.body.equals(bytes)).toBe(true);
  expect(first.headers.get("content-type")).toBe("image/jpeg");
  expect(first.headers.get("content-disposition") ?? "inline").toMatch(/^inline/);
  expectSecure(first);
  if (files === "nginx") expectFromNginx(first);
  else expect(first.headers.get("server")).toBe("gunicorn");

  // The same again is the same URL; another file of that name does not take it over.
  expect(await uploaded(http, name, bytes)).toBe(`/uploads/${name}`);
  const other = await uploaded(http, name, Buffer.from("other"));
  expect(other).toMatch(new RegExp(`^/uploads/${name.slice(0, -4)}-[0-9a-f]{16}\\.jpg$`));
  expect((await download(http, other)).body.toString()).toBe("other");
  expect((await download(http, `/uploads/${name}`)).body.equals(bytes)).toBe(true);
}

/** The boundary is in the request's body: its multipart framing counts. */
async function limitsSize(http: string): Promise<void> {
  const framing = multipart("largest.bin", new Uint8Array()).body.length;
  const largest = randomBytes(bodyLimit - framing);
  const path = await uploaded(http, "largest.bin", largest);
  expect((await download(http, path)).body.equals(largest)).toBe(true);

  for (const excess of [bodyLimit - framing + 1, bodyLimit, 21 * 1024 * 1024]) {
    const refused = await upload(http, "largest.bin", Buffer.alloc(excess));
    expect(refused.status).toBe(413);
    expect(refused.body.toString()).toContain("an upload may have 20 MiB");
    expectSecure(refused);
  }
}

/** Whatever the name says, the file lies in the uploads folder under a plain name of its own, with its extension. */
async function makesNamesSafe(http: string): Promise<void> {
  const bytes = randomBytes(64);
  for (const [name, safe] of [
    ["../../../etc/passwd.txt", "passwd"],
    ["/etc/cron.d/absolute.txt", "absolute"],
    ["..\\..\\windows.txt", "windows"],
    ["%2e%2e%2fencoded.txt", "2e_2e_2fencoded"],
    ["zero\0byte.txt", "zero_byte"],
    [".hidden.txt", "hidden"],
    ["two words & ümlaut.txt", "two_words_umlaut"],
    ["<script>.txt", "script"],
    ["日本.txt", "[0-9a-f]{16}"],
    ["....txt", "[0-9a-f]{16}"],
    [`${"long".repeat(200)}.txt`, "(long){45}"],
  ] as const) {
    const path = await uploaded(http, name, bytes);
    expect(path, name).toMatch(new RegExp(`^/uploads/${safe}(-[0-9a-f]{16})?\\.txt$`));
    expect((await download(http, path)).body.equals(bytes), name).toBe(true);
  }
  for (const path of [
    "/uploads/../app.py",
    "/uploads/..%2fapp.py",
    "/uploads/%2e%2e/app.py",
    "/uploads/%2e%2e%2fapp.py",
    "/uploads//etc/passwd",
    "/uploads/%00",
    "/uploads../app.py",
  ]) {
    const answer = await download(http, path);
    expect([400, 404], path).toContain(answer.status);
    expect(answer.body.toString(), path).not.toMatch(/root:|import /);
  }
}

/** Uploaded HTML, SVG and scripts are downloaded; a browser that shows them all the same runs nothing of them. */
async function neverRunsUploads(http: string): Promise<void> {
  const script = "<script>alert(1)</script>";
  for (const [name, content] of [
    ["active.html", `<!doctype html>${script}`],
    ["active.HTM", script],
    ["active.xhtml", `<html xmlns="http://www.w3.org/1999/xhtml">${script}</html>`],
    ["active.svg", `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`],
    ["active.js", "alert(1)"],
    ["active.pdf", "%PDF-1.7"],
    ["active", script],
  ] as const) {
    const answer = await download(http, await uploaded(http, name, Buffer.from(content)));
    expect(answer.body.toString()).toBe(content);
    expect(answer.headers.get("content-disposition"), name).toMatch(/^attachment/);
    expect(answer.headers.get("content-security-policy"), name).toMatch(/(^|; )sandbox(;|$)/);
    expectSecure(answer);
  }
  // Shown, and as text: `nosniff` keeps a browser from finding the script in it.
  const text = await download(http, await uploaded(http, "passive.txt", Buffer.from(script)));
  expect(text.headers.get("content-type")).toMatch(/^text\/plain/);
  expectSecure(text);
}

async function answersErrors(http: string): Promise<void> {
  const errors: readonly (readonly [number, Promise<Answer>])[] = [
    [404, download(http, "/nowhere")],
    [404, download(http, "/uploads/nowhere.png")],
    [405, send(http, "/", { method: "DELETE" })],
    [405, send(http, "/uploads/passive.txt", { method: "POST", body: Buffer.from("x") })],
    [400, send(http, "/", { method: "POST", body: Buffer.from("no form") })],
    [400, upload(http, "", Buffer.from("no name"))],
  ];
  for (const [status, answer] of errors) {
    const { headers, body, ...error } = await answer;
    expect(error.status).toBe(status);
    expect(headers.get("content-type")).toMatch(/^text\/html/);
    expect(body.toString()).toContain(String(status));
    expectSecure({ headers });
  }
}

/** nginx's entity tag of a file is its time and its size in hexadecimal digits; Flask's is made otherwise. */
function expectFromNginx({ headers, body }: Answer): void {
  expect(headers.get("server")).toBe("nginx");
  expect(headers.get("etag")).toMatch(new RegExp(`^"[0-9a-f]+-${body.length.toString(16)}"$`));
}

/** Every answer carries these once, errors too, and tells no version. */
function expectSecure({ headers }: Pick<Answer, "headers">): void {
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("same-origin");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; [^,]*frame-ancestors 'none'$/);
  expect(headers.get("server")).toMatch(/^(nginx|gunicorn)$/);
}

function multipart(name: string, bytes: Uint8Array): { readonly body: Buffer; readonly type: string } {
  const boundary = "----retrofitBoundary7d0c1e";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}

interface Outgoing {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Not `fetch`: that would take the dots out of a path before it sends it. */
function send(http: string, path: string, { method, headers, body }: Outgoing): Promise<Answer> {
  const { hostname, port } = new URL(http);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, agent: false, timeout: 60_000 } as const;
    const length = body === undefined ? {} : { "content-length": body.length };
    const outgoing = request({ ...options, headers: { ...length, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const pairs = Object.entries(answer.headersDistinct).flatMap(([key, values = []]) =>
          values.map((value): [string, string] => [key, value]),
        );
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(pairs), body: Buffer.concat(chunks) });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer within a minute`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
