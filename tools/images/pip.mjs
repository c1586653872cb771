// @ts-check
/** How pip reaches a package index. */

/** What is carried over, by pip's own names. Paths and choices of this machine are not. */
const carried = new Set([
  "index-url",
  "extra-index-url",
  "trusted-host",
  "proxy",
  "retries",
  "timeout",
  "default-timeout",
  "disable-pip-version-check",
]);

/**
 * The settings that count: files in order, then the environment.
 * @param {NodeJS.ProcessEnv} env @param {readonly string[]} files Text of pip's configuration files.
 * @returns {Record<string, string>}
 */
export function pipSettings(env, files) {
  /** @type {Record<string, string>} */
  const settings = {};
  for (const text of files) Object.assign(settings, iniValues(text));
  for (const [name, value] of Object.entries(env))
    if (name.startsWith("PIP_") && value) settings[name.slice(4).toLowerCase().replaceAll("_", "-")] = value;
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([key]) => carried.has(key))
      .sort(),
  );
}

/** Values of the sections that count for `pip install`, a value's further lines joined. @param {string} text */
function iniValues(text) {
  /** @type {Record<string, string>} */
  const values = {};
  let counts = false;
  let last = "";
  for (const line of text.split("\n")) {
    const section = /^\[(.+)\]\s*$/.exec(line)?.[1];
    const [, key, value] = /^([\w-]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== undefined) counts = section === "global" || section === "install";
    else if (/^\s*([#;]|$)/.test(line) || !counts) continue;
    else if (key !== undefined && value !== undefined) {
      last = key.replaceAll("_", "-");
      values[last] = value;
    } else if (last !== "") values[last] = `${values[last]} ${line.trim()}`.trim();
  }
  return values;
}

/**
 * @param {Readonly<Record<string, string>>} settings
 * @param {string | undefined} certificates File that pip is to trust in the image.
 * @returns {string | undefined} Undefined where pip needs no configuration.
 */
export function pipConfig(settings, certificates) {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  if (certificates) lines.push(`cert = ${certificates}`);
  return lines.length > 0 ? `[global]\n${lines.join("\n")}\n` : undefined;
}
