// @ts-check
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * With a passphrase every command of the CLI writes `encryptionsalt` into the stack's file, and lays the file out anew: a
 * committed file would change by being used. The salt is needed there only where the file holds secrets; otherwise the
 * CLI takes it from the state (`PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER`).
 */

/**
 * Remembers the stack files of a project.
 * @param {string} root @returns {() => Promise<void>} Takes out what was added to them needlessly since.
 */
export function rememberStackFiles(root) {
  const before = stackFiles(root);
  return async () => {
    for (const [file, now] of stackFiles(root)) {
      const then = before.get(file);
      if (then === undefined || then === now) continue;
      const { parse } = await import("yaml");
      const text = withoutNeedlessSalt(then, now, parse);
      if (text !== now) writeFileSync(file, text);
    }
  };
}

/**
 * What a stack file should hold after a command, from what it held before and holds now.
 * @param {string} before @param {string} now @param {(text: string) => unknown} parse Reads YAML.
 */
export function withoutNeedlessSalt(before, now, parse) {
  const salt = /^encryptionsalt:.*\n?/m;
  if (salt.test(before) || /^\s*(- )?secure:/m.test(now)) return now;
  const text = now.replace(salt, "");
  return meaning(parse(text)) === meaning(parse(before)) ? before : text;
}

/** The CLI puts quotes around what it takes for text anyway. @param {unknown} content */
function meaning(content) {
  const asText = (/** @type {string} */ _, /** @type {unknown} */ value) =>
    typeof value === "boolean" || typeof value === "number" ? String(value) : value;
  return JSON.stringify(content, asText);
}

/** Text of the stack files by path. @param {string} root */
function stackFiles(root) {
  const names = readdirSync(root).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
  return new Map(names.map((name) => [join(root, name), readFileSync(join(root, name), "utf8")]));
}
