import { type RequestOptions, request } from "node:https";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { expect } from "vitest";
import type { CloudApp } from "../support/cloudApp.ts";
import { type KeyPair, keyPair } from "../support/keyPair.ts";

/** What containerize must show wherever it runs. The key pair may be anybody's. */
export interface Containerize {
  /** Address of nginx's plain port: `http://127.0.0.1:8080`. */
  readonly http: string;
  /** Address of nginx's TLS port: `https://127.0.0.1:8443`. */
  readonly https: string;
}

const wisdom = "It's easier to ask forgiveness than it is to get permission.";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function showsContainerize({ http, https }: Containerize): Promise<void> {
  await tellsForwarding(https);
  await redirects(http, https);
  await speaksModernTls(https);
  await showsOneErrorPage(http, https);
  await hidesApp(https);
}

/** Configures a key pair of its own, made anew. */
export async function configurePair(app: CloudApp): Promise<KeyPair> {
  const pair = await keyPair();
  await app.configure();
  await app.stack.secret("secrets.TLS_CERTIFICATE", pair.certificate);
  await app.stack.secret("secrets.TLS_KEY", pair.key);
  return pair;
}

/** The compose file as its author has it binds folders and files, which is refused until the configuration says what becomes of them. */
export async function deploysUntouchedContainerize(app: CloudApp): Promise<void> {
  const { ok, messages } = await app.stack.up();
  expect(ok).toBe(false);
  const targets = ["/service/src", "/var/log/nginx", "/etc/nginx/ssl/localhost.crt", "/etc/nginx/ssl/localhost.key"];
  for (const target of targets) {
    expect(messages).toMatch(new RegExp(`Say in retrofit:services\\.(app|nginx)\\.binds what becomes of ${target}: `));
  }
  const keys = { "/etc/nginx/ssl/localhost.crt": "copy", "/etc/nginx/ssl/localhost.key": "copy" };
  await app.configure({
    services: { app: { binds: { "/service/src": "copy" } }, nginx: { binds: { "/var/log/nginx": "drop", ...keys } } },
  });
  await app.up();
  const { host } = new URL(await app.http());
  await showsContainerize({ http: `http://${host}`, https: `https://${host}` });
}

/** Asks by TLS without verifying the certificate, which is self-signed. */
export function ask(https: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(https);
  return new Promise((resolve, reject) => {
    const all = { hostname, port, path, agent: false, rejectUnauthorized: false, timeout: 60_000, ...options };
    const outgoing = request(all, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const pairs = Object.entries(answer.headersDistinct).flatMap(([key, values = []]) =>
          values.map((value): [string, string] => [key, value]),
        );
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(pairs), text });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${https}${path}: no answer within a minute`)));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** SHA-256 fingerprint of the certificate that is served now. */
export async function fingerprint(https: string): Promise<string> {
  const socket = await shakeHands(https, {});
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

async function tellsForwarding(https: string): Promise<void> {
  const answer = await ask(https, "/");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  const [line, forwardedFor = "", realIp, proto] = answer.text.trimEnd().split("\n");
  expect(line).toBe(wisdom);
  const [, client = ""] = /^X-Forwarded-For: (\d+\.\d+\.\d+\.\d+)$/.exec(forwardedFor) ?? [];
  expect(client, forwardedFor).not.toBe("");
  expect(realIp).toBe(`X-Real-IP: ${client}`);
  expect(proto).toBe("X-Forwarded-Proto: https");
  expectSecure(answer.headers);
  expect(answer.headers.get("strict-transport-security")).toBe("max-age=63072000");

  // What a client says of itself is passed on as the client's word, and cannot take the place of what nginx saw.
  const headers = { "X-Forwarded-For": "192.0.2.7", "X-Real-IP": "192.0.2.8", "X-Forwarded-Proto": "http" };
  const claimed = await ask(https, "/", { headers });
  expect(claimed.text.trimEnd().split("\n").slice(1)).toEqual([
    `X-Forwarded-For: 192.0.2.7, ${client}`,
    `X-Real-IP: ${client}`,
    "X-Forwarded-Proto: https",
  ]);
}

async function redirects(http: string, https: string): Promise<void> {
  for (const path of ["/", "/some/path?and=query"]) {
    const answer = await fetch(http + path, { redirect: "manual" });
    expect(answer.status).toBe(301);
    const { hostname } = new URL(http);
    const { port } = new URL(https);
    expect(answer.headers.get("location")).toBe(`https://${hostname}${port === "" ? "" : `:${port}`}${path}`);
    expectSecure(answer.headers);
  }
}

const suites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"];

/** Intermediate of tlsref's guideline 6.0: TLS 1.2 and 1.3, forward secrecy by ECDHE alone, authenticated encryption alone. */
async function speaksModernTls(https: string): Promise<void> {
  for (const version of ["TLSv1", "TLSv1.1"] as const) {
    expect(await agreed(https, version, "ALL:@SECLEVEL=0"), version).toMatch(/^refused: .*protocol version/);
  }
  for (const suite of suites) {
    const offered = `ECDHE-ECDSA-${suite}:ECDHE-RSA-${suite}`;
    expect(offered.split(":")).toContain(await agreed(https, "TLSv1.2", offered));
  }
  for (const suite of [
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305",
    "AES128-GCM-SHA256:AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384",
  ]) {
    expect(await agreed(https, "TLSv1.2", suite), suite).toMatch(/^refused: .*handshake failure/);
  }
  expect(await agreed(https, "TLSv1.3")).toMatch(/^TLS_(AES|CHACHA20)/);
}

/** The cipher suite that both agree on, or why there is none. */
async function agreed(https: string, version: SecureVersion, ciphers?: string): Promise<string> {
  try {
    const socket = await shakeHands(https, { minVersion: version, maxVersion: version, ...(ciphers && { ciphers }) });
    const { name } = socket.getCipher();
    socket.destroy();
    return name;
  } catch (refusal) {
    return `refused: ${refusal instanceof Error ? refusal.message : refusal}`;
  }
}

function shakeHands(https: string, options: object): Promise<TLSSocket> {
  const { hostname, port } = new URL(https);
  return new Promise((resolve, reject) => {
    const where = { host: hostname, port: Number(port || 443), servername: "localhost", rejectUnauthorized: false };
    const socket = connect({ ...where, ...options }, () => resolve(socket));
    socket.setTimeout(60_000, () => socket.destroy(new Error("no handshake within a minute")));
    socket.on("error", reject);
  });
}

/** The same page for nginx's errors and the app's, with the status that it is about. */
async function showsOneErrorPage(http: string, https: string): Promise<void> {
  const errors: readonly (readonly [number, Answer])[] = [
    [404, await ask(https, "/any/unknown/path")],
    [405, await ask(https, "/", { method: "DELETE" })],
    [414, await ask(https, `/${"long".repeat(2500)}`)],
    [400, await ask(https, "/", { headers: { host: "two words" } })],
  ];
  for (const [status, answer] of errors) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(answer.text).toContain(`<h1>${status}</h1>`);
    expect(answer.text).toContain("Something went wrong with this request.");
    expectSecure(answer.headers);
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=63072000");
  }
  const plain = await fetch(`${http}/${"long".repeat(2500)}`);
  expect(plain.status).toBe(414);
  expect(await plain.text()).toContain("<h1>414</h1>");
  expectSecure(plain.headers);
}

/** Whatever else may listen on port 8000 of that host, it is not the app. */
async function hidesApp(https: string): Promise<void> {
  const answer = await ask(`https://${new URL(https).hostname}:8000`, "/", { timeout: 5000 }).catch(() => undefined);
  expect(answer?.text ?? "").not.toContain(wisdom);
}

function expectSecure(headers: Headers): void {
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; [^,]*frame-ancestors 'none'$/);
  expect(headers.get("server")).toBe("nginx");
}
