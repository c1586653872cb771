/** A stage of a Dockerfile. */
export interface Stage {
  /** As others name it; its number where it has no name. */
  readonly name: string;
  /** What it is `FROM`: an earlier stage, a named context or an image. */
  readonly base: string;
  /** Whatever else it copies from or mounts, as it names it. */
  readonly sources: readonly string[];
  /** TCP ports that it exposes. Those that a variable holds are not known here. */
  readonly ports: readonly number[];
}

/**
 * The stages of a Dockerfile, in order (https://docs.docker.com/reference/dockerfile).
 * @param args build arguments, which win over the defaults of those that stand before the first stage
 */
export function stagesOf(dockerfile: string, args: Readonly<Record<string, unknown>> = {}): Stage[] {
  const stages: { name: string; base: string; sources: string[]; ports: number[] }[] = [];
  const variables: Record<string, string> = {};
  /** Words that end the heredocs which are open. */
  let ends: string[] = [];
  for (const line of linesOf(dockerfile)) {
    if (ends.length > 0) {
      if (line.trim() === ends[0]) ends.shift();
      continue;
    }
    const [, instruction = "", rest = ""] = /^\s*(\w+)\s+(.*)/.exec(line) ?? [];
    const stage = stages.at(-1);
    switch (instruction.toUpperCase()) {
      case "ARG":
        if (stage !== undefined) break;
        for (const [, name = "", preset = ""] of rest.matchAll(/(\w+)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
          const given = args[name];
          variables[name] = typeof given === "string" ? given : expanded(unquoted(preset), variables);
        }
        break;
      case "FROM": {
        const [, base = "", name] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(rest) ?? [];
        stages.push({ name: name ?? `${stages.length}`, base: expanded(base, variables), sources: [], ports: [] });
        break;
      }
      case "EXPOSE":
        for (const [, port] of (rest.split("#")[0] as string).matchAll(/(?<=^|\s)(\d+)(?:\/tcp)?(?=\s|$)/gi))
          stage?.ports.push(Number(port));
        break;
      default:
        for (const [flag] of (/^(?:--\S+\s+)*/.exec(rest)?.[0] ?? "").matchAll(/\S+/g)) {
          const source = /^--from=(\S+)/.exec(flag) ?? /^--mount=(?:\S+,)?from=([^,\s]+)/.exec(flag);
          if (source !== null) stage?.sources.push(source[1] as string);
        }
        ends = [...rest.matchAll(/(?<=^|\s)\d*<<-?(["']?)([A-Za-z_]\w*)\1/g)].map(([, , word]) => word as string);
    }
  }
  return stages;
}

/** The images from elsewhere that a Dockerfile names, each once, as it names them. */
export function imagesIn(dockerfile: string, args: Readonly<Record<string, unknown>> = {}): string[] {
  const stages = stagesOf(dockerfile, args);
  const images = stages.flatMap(({ base, sources }, index) => {
    const earlier = new Set(stages.slice(0, index).map(({ name }) => name.toLowerCase()));
    return [
      ...[base].filter((name) => !earlier.has(name.toLowerCase())),
      ...sources.filter((name) => !earlier.has(name.toLowerCase()) && !/^\d+$/.test(name)),
    ];
  });
  return [...new Set(images)].filter((name) => name !== "" && name !== "scratch");
}

/** Logical lines: without comments, which may also stand between the lines of one, each in one piece. */
function linesOf(dockerfile: string): string[] {
  return dockerfile
    .replaceAll(/^[ \t]*#.*(\r?\n|$)/gm, "")
    .replaceAll(/\\[ \t]*\r?\n/g, " ")
    .split(/\r?\n/);
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, "$2");
}

/** With the values of its variables: `$NAME`, `${NAME}`, `${NAME:-otherwise}`, `${NAME:+if set}`. */
function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})/g,
    (_, plain: string | undefined, braced: string | undefined, sign: string | undefined, word = "") => {
      const value = variables[plain ?? braced ?? ""] ?? "";
      if (sign === "+") return value && word;
      return value || word;
    },
  );
}
