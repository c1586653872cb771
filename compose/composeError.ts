import type { Problem } from "../userError.ts";
import type { Finding } from "./model.ts";
import type { Path } from "./path.ts";
import { secretsIn, showPlaceholders } from "./secretText.ts";
import type { Sources } from "./source.ts";

interface Rule {
  readonly pattern: RegExp;
  /** From the match: where, what and the mend. */
  readonly problems: (match: readonly string[], sources: Sources) => Problem[];
}

const FIELD = /(services|networks|volumes|secrets|configs|include|models)(?:[.[][\w.[\]-]+)?/;

const RULES: readonly Rule[] = [
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
            ? `${path}.${name} has a name with other than letters, digits, dots, dashes and underscores`
            : `${path === "" ? "" : `${path}.`}${name} is not a field of Compose`,
          mend: isName ? "Rename it" : "Correct its name, or remove it",
        };
      }),
  },
  {
    pattern: /^(?:failed to parse (\S+?): )?(?:yaml: )?line (\d+): ([\s\S]+)$/,
    problems: ([, file, line = "0", text = ""], sources) => [
      {
        where: sources.at(file ?? sources.broken() ?? sources.first, Number(line)),
        what: `is not valid YAML: ${text}`,
        mend: "Correct the line, or the one before it",
      },
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
    problems: ([, cycle = ""], sources) => [
      {
        where: sources.where(["services", cycle.split(" -> ")[0] ?? "", "depends_on"]),
        what: `services depend on one another in a circle: ${cycle}`,
        mend: "Remove one of these dependencies",
      },
    ],
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
        mend: `Set it: pulumi config set --path retrofit:environment.${name}`,
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

/** What Compose said on its standard error, as problems of the user's; `error` is its last message, warnings removed. */
export function toProblems(error: string, sources: Sources): Problem[] {
  const text = clean(error);
  for (const { pattern, problems } of RULES) {
    const match = pattern.exec(text);
    if (match) return problems(match, sources).map(shown);
  }
  const path = pathIn(text);
  const secrets = secretsIn(text);
  const where = path.length > 0 ? sources.where(path) : sources.name(sources.first);
  if (secrets.length > 0) {
    return [
      {
        where,
        what: `${path.length > 0 ? FIELD.exec(text)?.[0] : "a field"} uses the secret ${secrets.join(", ")}, where Compose needs the value itself`,
        mend: `Make ${secrets.join(", ")} a public variable of the stack's configuration`,
      },
    ];
  }
  return [shown({ where, what: `Compose refuses it: ${text}`, mend: "Correct the file" })];
}

/** What Compose warned of, apart from what is of no consequence here. */
export function toWarnings(stderr: string, sources: Sources): Finding[] {
  const messages = [...stderr.matchAll(/level=warning msg="((?:[^"\\]|\\.)*)"/g)].map(([, message = ""]) =>
    message.replaceAll('\\"', '"'),
  );
  return [...new Set(messages)].flatMap((message) => {
    if (/attribute `version` is obsolete|external\.name is deprecated|^Found multiple|^Using /.test(message)) return [];
    const name = /^The "(.*)" variable is not set/.exec(message)?.[1];
    if (name === undefined)
      return [{ where: sources.name(sources.first), field: "", reason: showPlaceholders(message) }];
    const where = sources.search(new RegExp(`\\$\\{?${escapeRegExp(name)}\\b`));
    // A "variable" that the compose file does not name is part of a value in an env_file, perhaps of a password.
    return where === undefined
      ? [
          {
            where: sources.name(sources.first),
            field: "env_file",
            reason:
              "a dollar sign in it is read as the start of a variable that is not set: put the value in single quotes",
          },
        ]
      : [{ where, field: name, reason: "the variable is not set: Compose puts empty text in its place" }];
  });
}

function clean(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !/^time=".*level=(warning|info|debug)/.test(line));
  return lines
    .join("\n")
    .trim()
    .replace(/: invalid compose project$/, "")
    .replace(/^decoding failed due to the following error\(s\):\s*/, "")
    .replaceAll(/\\u[eE]000/g, "\uE000")
    .replaceAll(/\\u[eE]001/g, "\uE001");
}

function shown(problem: Problem): Problem {
  return {
    where: problem.where,
    what: showPlaceholders(problem.what).replaceAll(/\s*\n\s*/g, "; "),
    mend: showPlaceholders(problem.mend),
  };
}

/** The field that a message names: `services.web.tty`, `'services[web].mem_limit'`, `service "web"`. */
function pathIn(text: string): Path {
  const field = FIELD.exec(text)?.[0];
  if (field) return toPath(field);
  const service = /service "?([\w.-]+)"?/.exec(text)?.[1];
  return service ? ["services", service] : [];
}

function toPath(text: string): Path {
  return text
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** Finds the last part of a file's path. */
function nameOf(file: string): RegExp {
  return new RegExp(escapeRegExp(file.split("/").at(-1) ?? ""));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
