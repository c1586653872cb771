import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commentPreviews, previewsIn } from "../../../tools/preview/comment.mjs";
import { headingOf } from "../../../tools/preview/report.mjs";
import { root } from "../../support/stack.ts";

interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string } | null;
}

/** As much of GitHub as is asked: pull requests by their head, comments page by page. */
let server: Server;
let api: string;
let pulls: {
  number: number;
  state: string;
  head: { sha: string; label: string; repo: { full_name: string } | null };
}[];
let comments: Map<number, Comment[]>;
let log: string[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url ?? "", "http://x");
    log.push(`${request.method} ${url.pathname}`);
    if (request.headers.authorization !== "Bearer token") {
      response.writeHead(401).end("{}");
      return;
    }
    const answer = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    const page = <T>(all: readonly T[]) => {
      const size = Number(url.searchParams.get("per_page"));
      const from = (Number(url.searchParams.get("page")) - 1) * size;
      return all.slice(from, from + size);
    };
    const [, number] = /^\/repos\/us\/retrofit\/issues\/(\d+)\/comments$/.exec(url.pathname) ?? [];
    const [, edited] = /^\/repos\/us\/retrofit\/issues\/comments\/(\d+)$/.exec(url.pathname) ?? [];
    if (url.pathname === "/repos/us/retrofit/pulls") {
      answer(page(pulls.filter(({ state, head }) => state === "open" && head.label === url.searchParams.get("head"))));
    } else if (number !== undefined) {
      const all = comments.get(Number(number)) ?? [];
      comments.set(Number(number), all);
      if (request.method === "GET") answer(page(all));
      else answer(all[all.push({ id: 1000 + all.length, body: JSON.parse(text).body, user: bot }) - 1]);
    } else if (edited !== undefined && request.method === "PATCH") {
      const comment = [...comments.values()].flat().find(({ id }) => id === Number(edited)) as Comment;
      comment.body = JSON.parse(text).body;
      answer(comment);
    } else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const bot = { login: "github-actions[bot]" };
const fork = { full_name: "them/retrofit", owner: { login: "them" } };
const run = { head_sha: "abc", head_branch: "fix/it", head_repository: fork };

beforeEach(() => {
  pulls = [{ number: 7, state: "open", head: { sha: "abc", label: "them:fix/it", repo: fork } }];
  comments = new Map();
  log = [];
});

const preview = (stack: string, output = "Resources:\n    1 unchanged") => ({
  stack,
  target: "gcp",
  ok: true,
  against: "state",
  output,
});
const report = (...previews: unknown[]) => JSON.stringify({ previews });
const comment = (text: string, token = "token") =>
  commentPreviews({ api, repository: "us/retrofit", token }, run, text);
const bodies = (number = 7) => (comments.get(number) ?? []).map(({ body }) => body);

describe("commentPreviews", () => {
  it("writes one comment a stack, and edits it at the next run", async () => {
    expect(await comment(report(preview("gcp"), preview("aws")))).toEqual([
      "#7: wrote the preview of gcp",
      "#7: wrote the preview of aws",
    ]);
    expect(bodies().map((body) => body.split("\n")[0])).toEqual([headingOf("gcp"), headingOf("aws")]);
    expect(await comment(report(preview("gcp", "Resources:\n    2 to create")))).toEqual([
      "#7: edited the preview of gcp",
    ]);
    expect(bodies()).toHaveLength(2);
    expect(bodies()[0]).toContain("2 to create");
    expect(bodies()[1]).toContain("1 unchanged");
  });

  it("says whose code made it, of a fork's", async () => {
    await comment(report(preview("gcp")));
    expect(bodies()[0]).toContain("> What follows was made by the code of this pull request, which comes from a fork.");
    const own = { full_name: "us/retrofit", owner: { login: "us" } };
    pulls = [{ number: 8, state: "open", head: { sha: "abc", label: "us:fix/it", repo: own } }];
    await commentPreviews(
      { api, repository: "us/retrofit", token: "token" },
      { ...run, head_repository: own },
      report(preview("gcp")),
    );
    expect(bodies(8)[0]).not.toContain("fork");
  });

  it("finds its comment behind a hundred others, and edits nobody else's", async () => {
    const heading = `${headingOf("gcp")}\nmine`;
    const others = Array.from({ length: 120 }, (_, id) => ({ id, body: "hello", user: { login: "somebody" } }));
    const forged = { id: 200, body: heading, user: { login: "them" } };
    const gone = { id: 201, body: heading, user: null };
    const longer = { id: 202, body: `${headingOf("gcp")}-eu\n`, user: bot };
    const ours = { id: 203, body: `${headingOf("gcp")}\r\nold`, user: bot };
    comments.set(7, [...others, forged, gone, longer, ours]);
    await comment(report(preview("gcp")));
    expect(comments.get(7)).toHaveLength(124);
    expect([forged.body, gone.body, longer.body]).toEqual([heading, heading, `${headingOf("gcp")}-eu\n`]);
    expect(ours.body).toContain("1 unchanged");
  });

  it.each([
    ["closed", { state: "closed" }, {}],
    ["pushed to meanwhile", {}, { sha: "def" }],
    ["another's with a branch of that name", {}, { label: "others:fix/it" }],
    ["of another repository of theirs", {}, { repo: { full_name: "them/other" } }],
    ["of a repository that is gone", {}, { repo: null }],
  ])("comments on no pull request that is %s", async (_, pull, head) => {
    pulls = pulls.map((each) => ({ ...each, ...pull, head: { ...each.head, ...head } }));
    expect(await comment(report(preview("gcp")))).toEqual([
      "No open pull request has abc as its last commit: nothing to comment on.",
    ]);
    expect(log).toEqual(["GET /repos/us/retrofit/pulls"]);
  });

  it("keeps to the length that GitHub takes", async () => {
    await comment(report(preview("gcp", "<".repeat(100_000))));
    expect(bodies()[0]?.length).toBeLessThanOrEqual(65_536);
  });

  it("is what the workflow's command does, by what GitHub tells it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "retrofit-comment-"));
    try {
      writeFileSync(join(folder, "event.json"), JSON.stringify({ workflow_run: run }));
      writeFileSync(join(folder, "previews.json"), report(preview("gcp")));
      const { stdout } = await promisify(execFile)(
        "node",
        ["tools/commentPreviews.mjs", join(folder, "previews.json")],
        {
          cwd: root,
          env: {
            PATH: process.env.PATH,
            GITHUB_API_URL: api,
            GITHUB_REPOSITORY: "us/retrofit",
            GITHUB_TOKEN: "token",
            GITHUB_EVENT_PATH: join(folder, "event.json"),
          },
        },
      );
      expect(stdout).toBe("#7: wrote the preview of gcp\n");
      expect(bodies()).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("fails where GitHub refuses", async () => {
    await expect(comment(report(preview("gcp")), "wrong")).rejects.toThrow(
      "GET pulls?state=open&head=them%3Afix%2Fit&per_page=100&page=1: 401",
    );
  });
});

describe("previewsIn", () => {
  it("takes nothing but what a preview is made of", () => {
    const more = { ...preview("gcp"), number: 1, url: "https://evil.example", __proto__: { x: 1 } };
    expect(previewsIn(report(more))).toEqual([preview("gcp")]);
  });

  it.each([
    ["no JSON", "no"],
    ["no list", "{}"],
    ["nothing", "null"],
    ["too many", report(...Array.from({ length: 51 }, (_, i) => preview(`s${i}`)))],
    ["no preview", report(null)],
    ["a stack that ends the heading", report(preview("gcp\n# Approved"))],
    ["a stack with markup", report(preview("`<b>`"))],
    ["no name", report(preview(""))],
    ["a text that is none", report({ ...preview("gcp"), output: ["x"] })],
    ["one that claims to have had credentials", report({ ...preview("gcp"), against: "stack" })],
    ["an unknown end", report({ ...preview("gcp"), ok: "yes" })],
  ])("refuses %s", (_, text) => {
    expect(() => previewsIn(text)).toThrow();
  });
});
