import type { Problem } from "../userError.ts";
import { escapeRegExp, RULES, toPath } from "./composeRules.ts";
import type { Finding } from "./model.ts";
import { type Path, showPath } from "./path.ts";
import { inOrder } from "./report.ts";
import { secretsIn, showPlaceholders } from "./secretText.ts";
import type { Sources } from "./source.ts";

const FIELD = /(services|networks|volumes|secrets|configs|include|models)(?:[.[][\w.[\]-]+)?/;

/** What Compose said on its standard error, as problems of the user's; `error` is its last message, warnings removed. */
export function toProblems(error: string, sources: Sources): Problem[] {
  const text = clean(error);
  const path = pathIn(text);
  const [secret] = secretsIn(text);
  if (secret !== undefined) {
    const where =
      path.length > 0 ? sources.where(path) : (sources.search(variable(secret)) ?? sources.name(sources.first));
    return [
      {
        where,
        what: `${path.length > 0 ? showPath(path) : "a field"} uses the secret ${secret}, where Compose needs the value itself`,
        mend: `Make ${secret} a public variable of the stack's configuration`,
      },
    ];
  }
  for (const { pattern, problems } of RULES) {
    const match = pattern.exec(text);
    if (match) return inOrder(problems(match, sources).map(shown));
  }
  const last = text.split(": ").at(-1) ?? "";
  const where =
    path.length > 0
      ? sources.where(path)
      : (sources.search(new RegExp(escapeRegExp(last))) ?? sources.name(sources.first));
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
    const where = sources.search(variable(name));
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

/** Finds where a variable is used. */
function variable(name: string): RegExp {
  return new RegExp(`\\$\\{?${escapeRegExp(name)}\\b`);
}
