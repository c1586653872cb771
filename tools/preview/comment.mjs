// @ts-check
import { headingOf, markdownOf } from "./report.mjs";

/**
 * Where comments are written to.
 * @typedef {{ api: string, repository: string, token: string }} GitHub
 *
 * The run that made the report, as GitHub tells it.
 * @typedef {{ head_sha: string, head_branch: string, head_repository: { full_name: string, owner: { login: string } } }} Run
 *
 * @typedef {import("./run.mjs").Preview} Preview
 */

/** Whose comments these are: GitHub's name for a workflow's own token. */
const author = "github-actions[bot]";

/** Characters that GitHub takes in one comment, less a reserve. */
const longestComment = 65_000;

/** Previews and characters of one report that are read; a report beyond is none of ours. */
const most = { previews: 50, characters: 50_000_000 };

/** @param {GitHub} github @param {Run} run @param {string} report @returns {Promise<string[]>} What was done. */
export async function commentPreviews(github, run, report) {
  const previews = previewsIn(report);
  // The number is not taken from the report, which could name any, nor from the run, where it is missing for forks.
  const head = encodeURIComponent(`${run.head_repository.owner.login}:${run.head_branch}`);
  /** @type {{ number: number, head: { sha: string, repo: { full_name: string } | null } }[]} */
  const pulls = await all(github, `pulls?state=open&head=${head}`);
  const meant = pulls.filter(
    (pull) => pull.head.sha === run.head_sha && pull.head.repo?.full_name === run.head_repository.full_name,
  );
  if (meant.length === 0)
    return [`No open pull request has ${run.head_sha} as its last commit: nothing to comment on.`];

  const notes =
    run.head_repository.full_name === github.repository
      ? []
      : ["What follows was made by the code of this pull request, which comes from a fork."];
  const done = [];
  for (const { number } of meant) {
    /** @type {{ id: number, body: string, user: { login: string } | null }[]} */
    const comments = await all(github, `issues/${number}/comments`);
    for (const preview of previews) {
      const heading = `${headingOf(preview.stack)}\n`;
      const old = comments.find(
        ({ body, user }) => user?.login === author && `${body}\n`.replaceAll("\r", "").startsWith(heading),
      );
      const body = markdownOf(preview, { notes, longest: longestComment });
      if (old) await ask(github, "PATCH", `issues/comments/${old.id}`, { body });
      else await ask(github, "POST", `issues/${number}/comments`, { body });
      done.push(`#${number}: ${old ? "edited" : "wrote"} the preview of ${preview.stack}`);
    }
  }
  return done;
}

/** The previews in a report. @param {string} report @returns {Preview[]} @throws {Error} where it is none of preview.mjs */
export function previewsIn(report) {
  if (report.length > most.characters) throw new Error("The report is too long.");
  const previews = JSON.parse(report)?.previews;
  if (!Array.isArray(previews) || previews.length > most.previews)
    throw new Error("The report is not a list of previews.");
  return previews.map((each) => {
    const { stack, target, ok, against, output } = each ?? {};
    const sound =
      typeof stack === "string" &&
      /^[\w.-]{1,100}$/.test(stack) &&
      typeof ok === "boolean" &&
      (against === "state" || against === "nothing") &&
      typeof output === "string";
    if (!sound) throw new Error("The report holds something that is not a preview without credentials.");
    return { stack, target: String(target), ok, against, output };
  });
}

/** Everything of a list, page by page. @param {GitHub} github @param {string} path @returns {Promise<any[]>} */
async function all(github, path) {
  const found = [];
  for (let page = 1; ; page++) {
    const items = await ask(github, "GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
    found.push(...items);
    if (items.length < 100) return found;
  }
}

/** @param {GitHub} github @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
async function ask({ api, repository, token }, method, path, body) {
  const response = await fetch(`${api}/repos/${repository}/${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "x-github-api-version": "2022-11-28",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
