// @ts-check
/**
 * `node tools/commentPreviews.mjs <report>`: in a workflow that runs when another one has ended, writes the previews that the other
 * has reported into comments of its pull request, one a stack, edited where it is there. The report was made by the
 * pull request's own code: nothing but its text is taken from it.
 */
import { readFileSync } from "node:fs";
import { commentPreviews } from "./preview/comment.mjs";

const [file = ""] = process.argv.slice(2);
const { GITHUB_API_URL = "", GITHUB_REPOSITORY = "", GITHUB_TOKEN = "", GITHUB_EVENT_PATH = "" } = process.env;
const { workflow_run: run } = JSON.parse(readFileSync(GITHUB_EVENT_PATH, "utf8"));
const github = { api: GITHUB_API_URL, repository: GITHUB_REPOSITORY, token: GITHUB_TOKEN };
for (const line of await commentPreviews(github, run, readFileSync(file, "utf8"))) console.log(line);
