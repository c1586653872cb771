import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Platform, Row, Support } from "./support/row.ts";
import { platformNames, supportTable } from "./support/table.ts";

const PLATFORMS: readonly Platform[] = ["docker", "gcp", "fargate", "ec2"];
const STATUS: Readonly<Record<Support["status"], string>> = {
  mapped: "mapped",
  warned: "**warned**",
  refused: "**refused**",
};

const INTRODUCTION = `# What becomes of each field of a compose file

Generated from the table in \`compose/support/\` by \`node compose/supportPage.ts\`; do not edit.

A **mapped** field works as in Docker Compose. A **warned** field is deployed with a difference, which each deployment tells. A **refused** field
ends the deployment before anything is made, with its file and line, the reason and what to do. A field that is not in this table is
refused. \`*\` stands for a name that you choose. Fields that begin with \`x-\` are yours and are not looked at, apart from \`x-retrofit\`.

The file is read by Docker Compose itself (\`docker compose config\`), so interpolation, \`extends\`, \`include\`, profiles, anchors, \`.env\` and
\`env_file\` are its own. Variables come from the stack's configuration and from \`.env\` beside the file; beside them only \`HOME\` and \`PWD\` count, not
the rest of the shell's variables, so that the same configuration gives the same deployment everywhere.
`;

/** The support table as a page in Markdown. */
export function supportPage(): string {
  const sections = new Map<string, Row[]>();
  for (const row of supportTable) {
    const section = sectionOf(row.path);
    sections.set(section, [...(sections.get(section) ?? []), row]);
  }
  return `${INTRODUCTION}${[...sections].map(([name, rows]) => toSection(name, rows)).join("")}`;
}

function toSection(name: string, rows: readonly Row[]): string {
  const lines = rows.map(({ path, support }) => {
    const status = PLATFORMS.map((platform) => STATUS[support[platform].status]);
    return `| \`${path}\` | ${status.join(" | ")} | ${toRemark(support)} |`;
  });
  const titles = PLATFORMS.map((platform) => platformNames[platform]).join(" | ");
  return `\n## ${name}\n\n| field | ${titles} | remarks |\n|---|---|---|---|---|---|\n${lines.join("\n")}\n`;
}

/** What is to be said, once for platforms that share it. */
function toRemark(support: Row["support"]): string {
  const texts = new Map<string, Platform[]>();
  for (const platform of PLATFORMS) {
    const verdict = support[platform];
    const text = verdict.status === "mapped" ? (verdict.note ?? "") : verdict.reason;
    const exception = verdict.status !== "mapped" && verdict.harmless ? ` (mapped: ${verdict.harmless.says})` : "";
    texts.set(`${text}${exception}`, [...(texts.get(`${text}${exception}`) ?? []), platform]);
  }
  return [...texts]
    .filter(([text]) => text !== "")
    .map(([text, those]) => (those.length === PLATFORMS.length ? text : `${namesOf(those)}: ${text}`))
    .join("; ");
}

function namesOf(platforms: readonly Platform[]): string {
  const names = platforms.map((platform) => platformNames[platform]).join(", ");
  return names.replace(`${platformNames.fargate}, ${platformNames.ec2}`, "aws");
}

function sectionOf(path: string): string {
  const parts = path.split(".");
  if (parts[0] === "x-retrofit") return "x-retrofit";
  if (["networks", "volumes", "secrets", "configs", "models"].includes(parts[0] ?? "")) return parts[0] ?? "";
  if (parts[0] !== "services") return "The file";
  return parts[2] === "build" || parts[2] === "deploy" ? `services: ${parts[2]}` : "services";
}

const page = resolve(import.meta.dirname, "../docs/compose-support.md");
if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await writeFile(page, supportPage());
}
