// @ts-check
/** @typedef {import("./run.mjs").Preview} Preview */

/** What a preview without credentials was compared with, and what follows from it for whoever reads it. */
const comparisons = {
  stack: "",
  state:
    "> **A preview without credentials.** It was compared with the last exported state of the stack, which holds no secrets: what depends on a " +
    "secret's value may show as a change that is none, and what has changed in the cloud since then does not show.",
  nothing:
    "> **A preview without credentials.** No exported state of this stack was at hand: everything shows as new, and what would be changed or deleted does not show.",
};

/** First line of a stack's comment, by which it is found again: that of pulumi/actions. @param {string} stack */
export function headingOf(stack) {
  return `#### :tropical_drink: \`preview\` on retrofit/${stack}`;
}

/** As in a comment of pulumi/actions. */
const summary = "<summary>Pulumi report</summary>";

/**
 * One preview as Markdown. Whatever the CLI has said, it can neither end its own frame nor call anybody.
 * @param {Preview} preview @param {{ notes?: readonly string[], longest?: number }} [options] `longest`: in characters; what is too much is left
 *   out of the report's middle. Default: no limit.
 */
export function markdownOf({ stack, ok, against, output }, { notes = [], longest = Infinity } = {}) {
  const before = [
    headingOf(stack),
    ...(comparisons[against] ? [comparisons[against]] : []),
    ...notes.map((note) => `> ${note}`),
    ok ? changesIn(output) : "**It failed.**",
    `<details${ok ? "" : " open"}>\n${summary}`,
  ];
  const after = "\n</pre>\n</details>\n";
  const head = `${before.join("\n\n")}\n\n<pre>\n`;
  return head + shortened(escaped(output), longest - head.length - after.length) + after;
}

/** What the CLI counts at the end of its report: `3 to create, 12 unchanged`. @param {string} output */
export function changesIn(output) {
  const [, counts] = /^Resources:\n((?:[ \t]+\S.*\n?)+)/m.exec(output) ?? [];
  if (counts === undefined) return "It says nothing of changes.";
  return `Resources: ${counts.match(/\d+ (?:to [a-z-]+|unchanged)/g)?.join(", ") ?? "none"}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("@", "&#64;");
}

/** @param {string} text @param {number} length */
function shortened(text, length) {
  if (text.length <= length) return text;
  const gap = "\n\n[... left out: the whole report is in the workflow's summary ...]\n\n";
  const half = Math.floor((length - gap.length) / 2);
  // Not in the middle of an escaped character.
  const [head, tail] = [text.slice(0, half).replace(/&[^;]*$/, ""), text.slice(-half).replace(/^[^&]{0,5};/, "")];
  return head + gap + tail;
}
