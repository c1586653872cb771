// @ts-check
import { aptInstall } from "../apt.mjs";
import { which } from "../step.mjs";

/** Names under which the systems' packages put it on the PATH. */
const names = ["chromium", "chromium-browser", "google-chrome"];

/** The browser of the end-to-end tests. @type {import("../step.mjs").Step} */
export const chromium = {
  name: "chromium",
  title: "Chromium, for the tests",
  slow: "Debian's package, a download of 100 MB",
  async missing(context) {
    const found = await Promise.all(names.map((name) => which(context.env, name)));
    return found.some(Boolean) ? undefined : "none on the PATH";
  },
  async install(context) {
    await aptInstall(context, ["chromium"]);
    await context.run("chromium", ["--version"]);
  },
};
