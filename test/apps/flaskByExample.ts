import { expect } from "vitest";
import type { CloudApp } from "../support/cloudApp.ts";
import { eventually } from "../support/eventually.ts";
import { takesConnections } from "../support/takesConnections.ts";

/** What flask-by-example must show wherever it runs. */
export interface FlaskByExample {
  /** Address of its HTTP port: `http://127.0.0.1:8080`. */
  readonly http: string;
  /**
   * Address, as the worker sees it, of the example page that the app serves itself.
   * @default "http://app:5000/static/example.txt"
   */
  readonly example?: string;
}

/** Word and how often it occurs. */
export type Count = readonly [word: string, times: number];

/** The words of the app's own example page that occur more than once. */
export const exampleCounts: readonly Count[] = [
  ["ships", 4],
  ["need", 3],
  ["sails", 3],
  ["a", 2],
  ["ropes", 2],
  ["the", 2],
];

export async function showsFlaskByExample({
  http,
  example = "http://app:5000/static/example.txt",
}: FlaskByExample): Promise<void> {
  await showsPage(http);
  await countsWords(http, example);
  await refusesInput(http);
  await staysOutside(http);
  await answersErrors(http);
}

/** What the compose file as its author has it leaves to the configuration, for both clouds. */
export const untouchedFlaskByExample = { services: { migrations: { job: true } }, expose: [5000] };
/** The password of its database. */
export const untouchedPassword = "n0t-in-plain-sight";

/** @returns the host on which it is open, and its database and queue are not */
export async function deploysUntouchedFlaskByExample(app: CloudApp): Promise<string> {
  await app.stack.secret("secrets.DBPASS", untouchedPassword);
  const { messages } = await app.up();
  const { hostname } = new URL(await app.http());
  await showsFlaskByExample({ http: `http://${hostname}:5000` });
  expect(await app.stack.state()).not.toContain(untouchedPassword);
  for (const port of [5432, 6379]) {
    expect(messages).toContain(`${port} is not opened to the world: to open it, list it under retrofit:expose`);
    expect(await takesConnections(hostname, port)).toBe(false);
  }
  return hostname;
}

/** Hands in the address of a page and returns the job's id. */
export async function submit(http: string, url: string): Promise<string> {
  const answer = await start(http, JSON.stringify({ url }));
  const id = await answer.text();
  expect(answer.status, id).toBe(200);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  return id;
}

/** The answer for a job: 202 until it is done. */
export function results(http: string, id: string): Promise<Response> {
  return fetch(`${http}/results/${id}`);
}

/** The words of a job once it is done. @param seconds to wait for it, @default 180 */
export async function counted(http: string, id: string, seconds = 180): Promise<Count[]> {
  return (await finished(http, id, 200, seconds)).json();
}

/** The answer for a job that must have this status when it is done. */
async function finished(http: string, id: string, status: number, seconds = 180): Promise<Response> {
  const answer = await eventually(async () => {
    const current = await results(http, id);
    if (current.status === 202) throw new Error(`job ${id} is not done after ${seconds} s`);
    return current;
  }, seconds);
  expect(answer.status, await answer.clone().text()).toBe(status);
  return answer;
}

async function showsPage(http: string): Promise<void> {
  const answer = await fetch(http);
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expectSecure(answer);
  // Nothing inline: the policy forbids it.
  expect(page).toContain('<script src="/static/wordcount.js" defer></script>');
  expect(page).not.toMatch(/<style|\son\w+=|\sstyle=/);
  for (const file of ["wordcount.js", "style.css"]) {
    const asset = await fetch(`${http}/static/${file}`);
    expect(asset.status).toBe(200);
    expectSecure(asset);
  }
}

async function countsWords(http: string, example: string): Promise<void> {
  const id = await submit(http, example);
  const words = await counted(http, id);
  expect(words.slice(0, exampleCounts.length)).toEqual(exampleCounts);
  const counts = words.map(([, times]) => times);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  // It is kept, and a page counted twice is the same again.
  expect(await counted(http, id)).toEqual(words);
  expect(await counted(http, await submit(http, example))).toEqual(words);

  // Markup is not counted, what it shows is.
  const page = await counted(http, await submit(http, new URL("/", example).href));
  expect(page).toContainEqual(["wordcount", 2]);
  expect(page.map(([word]) => word)).not.toContain("stylesheet");
}

async function refusesInput(http: string): Promise<void> {
  for (const [body, problem] of [
    ["{}", /address of a page/],
    ["[]", /address of a page/],
    ['{"url": 1}', /address of a page/],
    ['{"url": " "}', /address of a page/],
    ['{"url": "file:///etc/passwd"}', /Only http and https/],
    ['{"url": "ftp://example.org/"}', /Only http and https/],
    [JSON.stringify({ url: `http://${"x".repeat(2000)}` }), /longer than 2000/],
    ["{", /./],
  ] as const) {
    const answer = await start(http, body);
    expect(answer.status, body).toBe(400);
    expect((await answer.json()).error, body).toMatch(problem);
    expectSecure(answer);
  }
  expect((await start(http, `"${"x".repeat(20_000)}"`)).status).toBe(413);
}

/** The worker is no way into the networks that it can see. */
async function staysOutside(http: string): Promise<void> {
  for (const [url, problem] of [
    ["http://db:5432/", "Port 5432 is not one for web pages"],
    ["http://redis:6379/", "Port 6379 is not one for web pages"],
    ["http://db/", "db is not a public address"],
    ["http://127.0.0.1/", "127.0.0.1 is not a public address"],
    ["http://[::1]/", "::1 is not a public address"],
    ["http://169.254.169.254/computeMetadata/v1/", "169.254.169.254 is not a public address"],
    ["http://0x7f000001/", "0x7f000001 is not a public address"],
  ] as const) {
    const answer = await finished(http, await submit(http, url), 422);
    expect(await answer.json(), url).toEqual({ error: problem });
    expectSecure(answer);
  }
}

async function answersErrors(http: string): Promise<void> {
  for (const [status, path, init] of [
    [404, "/nowhere", {}],
    [404, "/results/00000000-0000-0000-0000-000000000000", {}],
    [405, "/start", {}],
    [415, "/start", { method: "POST", body: "url=x" }],
  ] as const) {
    const answer = await fetch(`${http}${path}`, init);
    expect(answer.status, path).toBe(status);
    expect((await answer.json()).error, path).toMatch(/./);
    expectSecure(answer);
  }
}

function start(http: string, body: string): Promise<Response> {
  return fetch(`${http}/start`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/** Every answer carries these, errors too, and does not tell what serves it. */
function expectSecure({ headers }: Response): void {
  expect(headers.get("server")).toBeNull();
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'self'; .*object-src 'none'$/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("same-origin");
}
