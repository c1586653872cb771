import { randomBytes } from "node:crypto";
import { expect } from "vitest";

/** What docker-example must show wherever it runs. `http` is its address: `http://127.0.0.1:8080`. */
export async function showsDockerExample({ http }: { readonly http: string }): Promise<void> {
  await showsPages(http);
  await servesStaticFiles(http);
  await keepsNotes(http);
  await answersErrors(http);
}

/** Writes a note into app2. */
export async function writeNote(http: string, text: string): Promise<void> {
  const answer = await fetch(`${http}/app2/`, {
    method: "POST",
    body: new URLSearchParams({ text }),
    redirect: "manual",
  });
  expect(answer.status, await answer.text()).toBe(303);
  expect(answer.headers.get("location")).toBe("/app2/");
}

/** The notes that app2 shows, newest first. */
export async function notes(http: string): Promise<string[]> {
  const answer = await fetch(`${http}/app2/`);
  const page = await answer.text();
  expect(answer.status, page).toBe(200);
  return [...page.matchAll(/<li>(.*) <time /g)].map(([, text = ""]) => text);
}

/** A static file of app1 or app2, which nginx must have answered, not uWSGI. */
export async function staticFile(http: string, app: "app1" | "app2", path: string): Promise<string> {
  const answer = await fetch(`${http}/${app}/static/${path}`);
  const content = await answer.text();
  expect(answer.status, content).toBe(200);
  expectSecure(answer);
  // nginx's entity tag: time and size in hexadecimal digits.
  const size = Buffer.byteLength(content).toString(16);
  expect(answer.headers.get("etag")).toMatch(new RegExp(`^(W/)?"[0-9a-f]+-${size}"$`));
  return content;
}

async function showsPages(http: string): Promise<void> {
  for (const [path, text] of [
    ["/", "<h1>docker-example</h1>"],
    ["/app1/", "<h1>Hello from app1</h1>"],
    ["/app2/", "<h1>Notes of app2</h1>"],
  ] as const) {
    const answer = await fetch(`${http}${path}`);
    expect(answer.status, path).toBe(200);
    expect(await answer.text()).toContain(text);
    expectSecure(answer);
  }
  for (const app of ["app1", "app2"]) {
    const answer = await fetch(`${http}/${app}`, { redirect: "manual" });
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`/${app}/`);
    // SCRIPT_NAME has reached the app: it makes its addresses from it.
    expect(await (await fetch(`${http}/${app}/`)).text()).toContain(`href="/${app}/static/style.css"`);
  }
}

async function servesStaticFiles(http: string): Promise<void> {
  for (const app of ["app1", "app2"] as const) {
    expect(await staticFile(http, app, "style.css")).toContain(`/* ${app} */`);
    const nowhere = await fetch(`${http}/${app}/static/nowhere.css`);
    expect(nowhere.status).toBe(404);
    expectSecure(nowhere);
  }
}

async function keepsNotes(http: string): Promise<void> {
  const text = `note ${randomBytes(6).toString("hex")}`;
  await writeNote(http, text);
  expect((await notes(http))[0]).toBe(text);

  await writeNote(http, `<script>alert("${text}")</script>`);
  expect((await notes(http))[0]).toBe(`&lt;script&gt;alert(&#34;${text}&#34;)&lt;/script&gt;`);
}

/** Errors of the apps are shown by nginx's page as well (uwsgi_intercept_errors). */
async function answersErrors(http: string): Promise<void> {
  const empty = { method: "POST", body: new URLSearchParams({ text: " " }) };
  const long = { method: "POST", body: new URLSearchParams({ text: "x".repeat(501) }) };
  const large = { method: "POST", body: "x".repeat(1024 * 1024 + 1) };
  for (const [status, path, init] of [
    [404, "/nowhere", {}],
    [404, "/app1/nowhere", {}],
    [404, "/app2/nowhere", {}],
    [405, "/app1/", { method: "POST" }],
    [400, "/app2/", empty],
    [400, "/app2/", long],
    [413, "/app2/", large],
    [404, "/error.html", {}],
  ] as const) {
    const answer = await fetch(`${http}${path}`, init);
    expect(answer.status, path).toBe(status);
    expect(await answer.text(), path).toContain("<h1>That did not work</h1>");
    expectSecure(answer);
  }
}

/** Every answer carries these once, errors too, and tells no version. */
function expectSecure({ headers }: Response): void {
  expect(headers.get("server")).toBe("nginx");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'self'; [^,]*object-src 'none'$/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("same-origin");
}
