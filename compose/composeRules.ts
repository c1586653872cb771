import { cli, type Problem } from "../userError.ts";
import { type Path, showPath } from "./path.ts";
import type { Sources } from "./source.ts";

/** How one of Compose's errors is told to the user. */
export interface Rule {
  readonly pattern: RegExp;
  /** From the match: where, what and the mend. */
  readonly problems: (match: readonly string[], sources: Sources) => Problem[];
}

/** In order of precedence. */
export const RULES: readonly Rule[] = [
  {
    pattern: /^unknown (shorthand )?flag|^unknown docker command|No such command/,
    problems: () => [
      {
        where: "Docker Compose",
        what: "is too old to read compose files for this",
        mend: "Run npm run setup, or install Docker Compose 2.24 or newer",
      },
    ],
  },
  {
    pattern: /^$/,
    problems: () => [
      {
        where: "Docker Compose",
        what: "ended without saying why",
        mend: "Run docker compose config to see whether it works at all",
      },
    ],
  },
  {
    pattern: /^(?:validating .+?: )?(\S*) additional properties (.+) not allowed$/,
    problems: ([, path = "", names = ""], sources) =>
      [...names.matchAll(/'([^']+)'/g)].map(([, name = ""]) => {
        const isName = /^(services|networks|volumes|secrets|configs)$/.test(path);
        return {
          where: sources.where([...toPath(path), name]),
          what: isName
            ? `${showPath([path, name])} has a name with other than letters, digits, dots, dashes and underscores`
            : `${path === "" ? "" : `${path}.`}${name} is not a field of Compose`,
          mend: isName ? "Rename it" : "Correct its name, or remove it",
        };
      }),
  },
  {
    pattern: /^(?:failed to parse (\S+?): )?(?:yaml: )?line (\d+): ([\s\S]+)$/,
    problems: ([, file, line = "0", text = ""], sources) => {
      const broken = sources.broken() ?? { where: sources.at(file ?? sources.first, Number(line)), what: text };
      return [{ where: broken.where, what: `is not valid YAML: ${broken.what}`, mend: "Correct the line" }];
    },
  },
  {
    pattern: /^validating .+?: (\S+) (.+)$/,
    problems: ([, path = "", text = ""], sources) => [
      { where: sources.where(toPath(path)), what: `${path} ${text}`, mend: "Correct the value" },
    ],
  },
  {
    pattern: /^error while interpolating (\S+): failed to cast to expected type: (.+)$/,
    problems: ([, path = "", text = ""], sources) => [
      { where: sources.where(toPath(path)), what: `${path} has the wrong type: ${text}`, mend: "Correct the value" },
    ],
  },
  {
    pattern: /^'(\S+)' (.+)$/,
    problems: ([, field = "", text = ""], sources) => {
      const path = toPath(field);
      return [
        {
          where: sources.where(path),
          what: `${showPath(path)} has an ${text.replace(/^.*(?=invalid)/, "")}`,
          mend: "Correct the value",
        },
      ];
    },
  },
  {
    // Compose names one of the two at random.
    pattern: /container name "(.+?)" is already in use/,
    problems: ([, container = ""], sources) => [
      {
        where:
          sources.search(new RegExp(`container_name["']?:\\s*["']?${escapeRegExp(container)}\\b`)) ??
          sources.name(sources.first),
        what: `two services have the container_name ${container}`,
        mend: "Choose another name for one of them",
      },
    ],
  },
  {
    pattern: /^invalid project name (".+?"): must (.+)$/,
    problems: ([, name = "", rule = ""], sources) => [
      { where: sources.where(["name"]), what: `the project's name is ${name}, but must ${rule}`, mend: "Rename it" },
    ],
  },
  {
    pattern: /^empty compose file$/,
    problems: (_, sources) => [
      { where: sources.name(sources.first), what: "is empty", mend: "Describe the app's services in it" },
    ],
  },
  {
    pattern: /^service "(.+?)" depends on undefined service "?(.+?)"?$/,
    problems: ([, service = "", other = ""], sources) => [
      {
        where: sources.where(["services", service, "depends_on", other]),
        what: `services.${service} depends on ${other}, which is no active service`,
        mend: "Correct the name, add the service, or activate its profile",
      },
    ],
  },
  {
    pattern: /^service "(.+?)" refers to undefined (network|volume|secret|config|model) (.+)$/,
    problems: ([, service = "", kind = "", name = ""], sources) => [
      {
        where: sources.where(["services", service, `${kind}s`, name]),
        what: `services.${service} uses the ${kind} ${name}, which is not declared`,
        mend: `Add ${name} under ${kind}s, or correct the name`,
      },
    ],
  },
  {
    pattern: /^dependency cycle detected: (.+)$/,
    problems: ([, text = ""], sources) => {
      const cycle = rotated(text.split(" -> ").slice(0, -1));
      return [
        {
          where: sources.where(["services", cycle[0] ?? "", "depends_on"]),
          what: `services depend on one another in a circle: ${[...cycle, cycle[0]].join(" -> ")}`,
          mend: "Remove one of these dependencies",
        },
      ];
    },
  },
  {
    pattern: /^service "(.+?)" has neither an image nor a build context/,
    problems: ([, service = ""], sources) => [
      {
        where: sources.where(["services", service]),
        what: `services.${service} has neither image nor build`,
        mend: "Give one of the two",
      },
    ],
  },
  {
    pattern: /^(?:error while interpolating (\S+): )?required variable (\S+) is missing a value(?:: ([\s\S]*))?$/,
    problems: ([, path = "", name = "", text], sources) => [
      {
        where: sources.where(toPath(path)),
        what: `${path} needs the variable ${name}, which is not set${text ? ` (${text})` : ""}`,
        mend: `Set it: ${cli} config set --path retrofit:environment.${name}`,
      },
    ],
  },
  {
    pattern: /^invalid interpolation format for (\S+?)\.?\n[\s\S]*\n(.*)$/,
    problems: ([, path = "", text = ""], sources) => [
      {
        where: sources.where(toPath(path)),
        what: `${path} has a dollar sign that begins no variable: ${text}`,
        mend: `Write \${NAME} for a variable, and $$ for a dollar sign`,
      },
    ],
  },
  {
    pattern: /^env file (.+?) not found/,
    problems: ([, file = ""], sources) => [
      {
        where: sources.search(nameOf(file)) ?? sources.search(/\benv_file\b/) ?? sources.name(sources.first),
        what: `env_file is ${sources.name(file)}, which does not exist`,
        mend: "Add the file, correct the path, or say required: false",
      },
    ],
  },
  {
    // What follows the line's number may show a password.
    pattern: /^failed to read (.+?): (?:line (\d+))?/,
    problems: ([, file = "", line], sources) => [
      {
        where: line ? sources.at(file, Number(line)) : sources.name(file),
        what: "is not a file of variables",
        mend: "Write one NAME=value a line",
      },
    ],
  },
  {
    pattern: /^(?:open|stat) (.+?): no such file or directory$/,
    problems: ([, file = ""], sources) => [
      {
        where: sources.search(nameOf(file)) ?? sources.name(sources.first),
        what: `names ${sources.name(file)}, which does not exist`,
        mend: "Add the file, or correct the path",
      },
    ],
  },
];

/** The same circle, begun at its first name: Compose begins anywhere. */
function rotated(circle: readonly string[]): string[] {
  const start = circle.indexOf(circle.toSorted()[0] ?? "");
  return [...circle.slice(start), ...circle.slice(0, start)];
}

/** A path as Compose writes it: `services.web.ports`, `services[web].mem_limit`. */
export function toPath(text: string): Path {
  return text
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** Finds the last part of a file's path. */
function nameOf(file: string): RegExp {
  return new RegExp(escapeRegExp(file.split("/").at(-1) ?? ""));
}

/** The text as a pattern that finds it. */
export function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
