import { cli, type Problem } from "../userError.ts";
import type { Canonical, CanonicalFile } from "./canonical.ts";
import type { Text } from "./model.ts";
import type { Report } from "./report.ts";
import { toText } from "./secretText.ts";

/** What a file held, or why it could not be read. */
export type Content =
  | { readonly text: string /** Whether sops had encrypted it. */; readonly encrypted: boolean }
  | { readonly failure: Pick<Problem, "what" | "mend"> };

/** What compose secrets and configs name, read beforehand. */
export interface Contents {
  /** By absolute path. */
  readonly files: ReadonlyMap<string, Content>;
  /** Values of variables, placeholders for secret ones. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Absolute paths of the files that active services take as secrets and configs. */
export function contentFiles({ secrets, configs }: Canonical): string[] {
  const files = [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})].flatMap(({ file }) => file ?? []);
  return [...new Set(files)];
}

/** Variables that secrets and configs take their content from. */
export function contentVariables({ secrets, configs }: Canonical): string[] {
  return [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})].flatMap(
    ({ environment }) => environment ?? [],
  );
}

/** Contents by `secrets.<name>` and `configs.<name>`; those that cannot be had are reported. */
export function toContents(
  canonical: Canonical,
  given: Contents,
  known: Readonly<Record<string, string>>,
  report: Report,
): Map<string, Text> {
  const contents = new Map<string, Text>();
  for (const kind of ["secrets", "configs"] as const) {
    for (const [name, file] of Object.entries(canonical[kind] ?? {})) {
      const content = toContent(kind, name, file, given, report);
      if (content)
        contents.set(`${kind}.${name}`, toText(content.text, known, kind === "secrets" || content.encrypted));
    }
  }
  return contents;
}

function toContent(kind: "secrets" | "configs", name: string, file: CanonicalFile, given: Contents, report: Report) {
  if (file.external) return undefined;
  if (file.environment !== undefined) {
    const text = given.variables[file.environment];
    if (text !== undefined) return { text, encrypted: false };
    report.problem(
      [kind, name, "environment"],
      `is the variable ${file.environment}, which is not set`,
      `Set it: ${cli} config set --path retrofit:environment.${file.environment}${kind === "secrets" ? " --secret" : ""}`,
    );
    return undefined;
  }
  if (file.content !== undefined) return { text: file.content, encrypted: false };
  const content = given.files.get(file.file ?? "");
  if (content && "text" in content) return content;
  const { what, mend } = content?.failure ?? { what: "was not read", mend: "Correct the path" };
  report.problem([kind, name, "file"], `is ${file.file}, which ${what}`, mend);
  return undefined;
}
