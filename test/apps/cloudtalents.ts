import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type Page, Visitor } from "./visitor.ts";

/** Bytes that the body of a request may have: an image of 10 MiB and the form around it. */
const bodyLimit = 11 * 1024 * 1024;
const png = Buffer.from("89504e470d0a1a0a", "hex");
const password = randomBytes(12).toString("base64url");

/** What cloudtalents must show wherever it runs. `http` is its address: `http://127.0.0.1:8080`. */
export async function showsCloudtalents({ http }: { readonly http: string }): Promise<void> {
  await showsImages(http);
  const visitor = await takesAccounts(http);
  await takesImages(visitor);
  await neverRunsUploads(visitor);
  await limitsSize(visitor);
  await answersErrors(http);
}

/** Makes an account, which signs in at once. */
async function signUp(http: string, name: string, secret = password): Promise<Visitor> {
  const visitor = new Visitor(http);
  const answer = await visitor.submit("/accounts/signup/", { username: name, password1: secret, password2: secret });
  expect(answer.status, answer.text).toBe(302);
  expect(answer.headers.get("location")).toBe("/");
  return visitor;
}

/** Signs in to an account that is there. */
async function logIn(http: string, name: string, secret = password): Promise<Visitor> {
  const visitor = new Visitor(http);
  const answer = await visitor.submit("/accounts/login/", { username: name, password: secret });
  expect(answer.status, answer.text).toBe(302);
  expect(answer.headers.get("location")).toBe("/");
  return visitor;
}

interface Upload {
  readonly name: string;
  readonly description?: string;
  /** Name of the file. @default "image.png" */
  readonly file?: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Uploads an image and returns the path at which it is served. */
async function uploadImage(visitor: Visitor, image: Upload): Promise<string> {
  const answer = await upload(visitor, image);
  expect(answer.status, answer.text).toBe(302);
  const shown = (await images(visitor.http)).find(({ name }) => name === image.name);
  expect(shown, `${image.name} is in the list`).toBeDefined();
  return shown?.path ?? "";
}

const keeper = ["keeper", "a long enough word"] as const;

/** An image that must outlive what becomes of the app, as must the account that has uploaded it. */
export interface Kept {
  readonly path: string;
  readonly bytes: Buffer;
}

export async function keep(http: string): Promise<Kept> {
  const bytes = someImage();
  return { path: await uploadImage(await signUp(http, ...keeper), { name: "kept", bytes }), bytes };
}

export async function showsKept(http: string, { path, bytes }: Kept): Promise<void> {
  await logIn(http, ...keeper);
  expect((await images(http)).map(({ name }) => name)).toContain("kept");
  expect((await new Visitor(http).get(path)).bytes.equals(bytes)).toBe(true);
}

/** Gives the app's sources a migration that fails. */
export function breakMigration(folder: string): Promise<void> {
  return writeFile(
    join(folder, "app/startup/migrations/0999_broken.py"),
    "from django.db import migrations\n\n\ndef fail(*_):\n    raise RuntimeError('no such column, says the test')\n\n\n" +
      "class Migration(migrations.Migration):\n    dependencies = [('startup', '0001_initial')]\n" +
      "    operations = [migrations.RunPython(fail)]\n",
  );
}

/** The images of the front page, newest first, names as HTML. */
async function images(http: string): Promise<{ readonly name: string; readonly path: string }[]> {
  const page = await new Visitor(http).get("/");
  expect(page.status).toBe(200);
  return [...page.text.matchAll(/<img src="([^"]+)" alt="([^"]*)"/g)].map(([, path = "", name = ""]) => ({
    name,
    path,
  }));
}

/** A new image of a kind that the app takes: its content does not matter to it. */
function someImage(bytes = 50_000): Buffer<ArrayBuffer> {
  return Buffer.concat([png, randomBytes(bytes - png.length)]);
}

function upload(visitor: Visitor, { name, description = "", file = "image.png", bytes }: Upload): Promise<Page> {
  return visitor.submit("/", { name, description, image: new File([bytes], file) });
}

async function showsImages(http: string): Promise<void> {
  const page = await new Visitor(http).get("/");
  expect(page.status).toBe(200);
  for (const field of ["name", "description", "image"]) expect(page.text).toMatch(new RegExp(` name="${field}"`));
  expect(page.text).not.toMatch(/<script|<style|\sstyle=/);
  expectSecure(page);

  const style = await new Visitor(http).get("/static/startup/style.css");
  expect(style.status).toBe(200);
  expectFromNginx(style);
  expectSecure(style);
}

async function takesAccounts(http: string): Promise<Visitor> {
  const name = `user${randomBytes(6).toString("hex")}`;
  const visitor = await signUp(http, name);
  const page = await visitor.get("/");
  expect(page.text).toContain(`${name} <button>Log out</button>`);

  expect((await visitor.submit("/accounts/logout/", {}, "/")).status).toBe(302);
  expect((await visitor.get("/")).text).not.toContain("Log out");

  const stranger = new Visitor(http);
  const wrong = await stranger.submit("/accounts/login/", { username: name, password: `not ${password}` });
  expect(wrong.status).toBe(200);
  expect(wrong.text).toContain("Please enter a correct username and password");
  const taken = await stranger.submit("/accounts/signup/", {
    username: name,
    password1: password,
    password2: password,
  });
  expect(taken.text).toContain("A user with that username already exists");
  const weak = await stranger.submit("/accounts/signup/", {
    username: `${name}x`,
    password1: "password",
    password2: "password",
  });
  expect(weak.text).toContain("This password is too common");

  // Without an account nothing can be uploaded, and without the form's token nothing at all.
  const anonymous = await upload(stranger, { name: "anonymous", bytes: someImage() });
  expect(anonymous.status).toBe(302);
  expect(anonymous.headers.get("location")).toBe("/accounts/login/?next=/");
  expect((await fetch(`${http}/`, { method: "POST" })).status).toBe(403);

  const again = await logIn(http, name);
  expect((await again.get("/")).text).toContain(`${name} <button>Log out</button>`);
  for (const cookie of again.attributes) expect(cookie).toMatch(/SameSite=Lax/);
  expect(again.attributes.find((cookie) => cookie.startsWith("sessionid="))).toMatch(/HttpOnly/);
  return again;
}

async function takesImages(visitor: Visitor): Promise<void> {
  const name = `image ${randomBytes(6).toString("hex")}`;
  const bytes = someImage();
  const path = await uploadImage(visitor, { name, description: "<b>bold</b>", file: "my image.PNG", bytes });
  expect(path).toMatch(/^\/media\/images\/my_image(_\w{7})?\.png$/);
  const image = await visitor.get(path);
  expect(image.status).toBe(200);
  expect(image.bytes.equals(bytes)).toBe(true);
  expect(image.headers.get("content-type")).toBe("image/png");
  expectFromNginx(image);
  expectUpload(image);
  expect((await visitor.get("/")).text).toContain("&lt;b&gt;bold&lt;/b&gt;");

  // A second file of that name is another file.
  const other = await uploadImage(visitor, { name: `${name} 2`, file: "my image.PNG", bytes: someImage() });
  expect(other).not.toBe(path);
  expect((await visitor.get(path)).bytes.equals(bytes)).toBe(true);
}

/** Only images are taken, told by their content; whatever else is in one, a browser runs nothing of it. */
async function neverRunsUploads(visitor: Visitor): Promise<void> {
  const html = Buffer.from("<!doctype html><script>alert(1)</script>");
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  for (const [file, bytes] of [
    ["page.html", html],
    ["page.png", html],
    ["drawing.svg", svg],
    ["empty.png", Buffer.alloc(0)],
  ] as const) {
    const answer = await upload(visitor, { name: "refused", file, bytes });
    expect(answer.status, file).toBe(400);
    expect(answer.text, file).toMatch(/no image of a known kind|submitted file is empty/);
    expectSecure(answer);
  }
  expect((await images(visitor.http)).map(({ name }) => name)).not.toContain("refused");

  for (const file of ["page.html", "../../../escape.html", "..%2f..%2fescape.svg", "zero\0byte.js", ".htaccess"]) {
    const name = `disguised ${randomBytes(6).toString("hex")}`;
    const path = await uploadImage(visitor, { name, file, bytes: Buffer.concat([png, html]) });
    expect(path, file).toMatch(/^\/media\/images\/[^/]+\.png$/);
    const served = await visitor.get(path);
    expect(served.headers.get("content-type"), file).toBe("image/png");
    expectUpload(served);
  }
}

async function limitsSize(visitor: Visitor): Promise<void> {
  const name = `large ${randomBytes(6).toString("hex")}`;
  const bytes = someImage(10 * 1024 * 1024);
  const path = await uploadImage(visitor, { name, bytes });
  expect((await visitor.get(path)).bytes.equals(bytes)).toBe(true);

  const refused = await upload(visitor, { name: "too large", bytes: someImage(bodyLimit) });
  expect(refused.status).toBe(413);
  expect(refused.text).toContain("<h1>That did not work</h1>");
  expectSecure(refused);
}

async function answersErrors(http: string): Promise<void> {
  const visitor = new Visitor(http);
  for (const path of ["/nowhere", "/accounts/nowhere/", "/static/nowhere.css", "/media/", "/media/nowhere.png"]) {
    const answer = await visitor.get(path);
    expect([403, 404], path).toContain(answer.status);
    expect(answer.headers.get("server")).toBe("nginx");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src/);
  }
}

/** nginx's entity tag of a file is its time and its size in hexadecimal digits. */
function expectFromNginx({ headers, bytes }: Page): void {
  expect(headers.get("etag")).toMatch(new RegExp(`^(W/)?"[0-9a-f]+-${bytes.length.toString(16)}"$`));
}

function expectUpload({ headers }: Page): void {
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
}

/** Every answer carries these once, errors too, and tells no version. */
function expectSecure({ headers }: Page): void {
  expect(headers.get("server")).toBe("nginx");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'self'; [^,]*object-src 'none'$/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("same-origin");
}
