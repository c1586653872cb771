// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A stack that has a file in the checkout.
 * @typedef {object} Stack
 * @property {string} name
 * @property {string} file `Pulumi.<name>.yaml`
 * @property {string} target
 * @property {string} app As configured: a folder under docker/, or any path.
 * @property {boolean} embedded It belongs to the embedded cloud.
 */

/** Not the generated ones, which are one person's own. */
const stackFile = /^Pulumi\.(?<name>[\w.-]+)(?<!\.local)\.ya?ml$/;

/** The stacks of a checkout, by name. @param {string} root @returns {Promise<Stack[]>} */
export async function stacksOf(root) {
  const { parse } = await import("yaml");
  /** @param {string} file @returns {Record<string, any>} */
  const configOf = (file) => parse(readFileSync(join(root, file), "utf8"))?.config ?? {};
  const declared = configOf("Pulumi.yaml");
  return readdirSync(root)
    .sort()
    .flatMap((file) => {
      const name = stackFile.exec(file)?.groups?.name;
      if (name === undefined) return [];
      const config = configOf(file);
      /** @param {string} key */
      const value = (key) => String(config[key] ?? declared[key]?.default ?? "");
      return [
        {
          name,
          file,
          target: value("retrofit:target"),
          app: value("retrofit:app"),
          embedded: value("retrofit:embedded") === "true",
        },
      ];
    });
}
