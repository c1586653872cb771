// @ts-check
import { aptInstall } from "../apt.mjs";
import { which } from "../step.mjs";

/** Programs that the tests use beside what the product needs, and Debian's packages of the same names. */
const programs = ["curl", "git", "openssl"];

/** @param {import("../step.mjs").Context} context */
async function lacking({ env }) {
  const found = await Promise.all(programs.map((name) => which(env, name)));
  return programs.filter((_, index) => !found[index]);
}

/** @type {import("../step.mjs").Step} */
export const testPrograms = {
  name: "test-programs",
  title: "curl, git and openssl, for the tests",
  slow: "Debian's packages, a download of 15 MB",
  async missing(context) {
    const names = await lacking(context);
    return names.length > 0 ? `${names.join(", ")} not on the PATH` : undefined;
  },
  async install(context) {
    await aptInstall(context, await lacking(context));
  },
};
