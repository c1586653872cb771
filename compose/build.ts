import { isAbsolute, join } from "node:path";
import type { CanonicalBuild, CanonicalFileUse } from "./canonical.ts";
import type { Build, Text } from "./model.ts";
import type { Path } from "./path.ts";
import type { Reading } from "./reading.ts";
import { secretsIn } from "./secretText.ts";

/** @param platform that the service is to run on, for which it is built unless the build says which ones */
export function toBuild(service: string, build: CanonicalBuild, platform: string | undefined, reading: Reading): Build {
  const path: Path = ["services", service, "build"];
  const { context, dockerfile = "Dockerfile" } = build;
  const file = isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile);
  // A Dockerfile written inline is refused by the support table.
  checkContext(context, build.dockerfile_inline === undefined ? file : undefined, path, reading);
  return {
    context,
    dockerfile: file,
    ...(build.target ? { target: build.target } : {}),
    args: toArgs(build.args ?? {}, [...path, "args"], reading),
    labels: build.labels ?? {},
    platforms: build.platforms ?? (platform ? [platform] : []),
    additionalContexts: toContexts(build.additional_contexts ?? {}, [...path, "additional_contexts"], reading),
    secrets: toSecrets(build.secrets ?? [], reading),
  };
}

function checkContext(context: string, dockerfile: string | undefined, path: Path, { kindOf, report }: Reading): void {
  if (isRemote(context)) {
    report.problem([...path, "context"], `is the remote ${context}`, "Clone it and build from the folder");
  } else if (kindOf(context) !== "folder") {
    report.problem([...path, "context"], `is ${context}, which is not a folder`, "Correct the path");
  } else if (dockerfile !== undefined && kindOf(dockerfile) !== "file") {
    report.problem(
      [...path, "dockerfile"],
      `is ${dockerfile}, which does not exist`,
      "Add the Dockerfile, or correct the path",
    );
  }
}

function toArgs(args: Readonly<Record<string, string | null>>, path: Path, { report }: Reading): Record<string, Text> {
  const carried: Record<string, Text> = {};
  for (const [name, value] of Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === null) continue;
    if (secretsIn(value).length > 0) {
      report.problem(
        [...path, name],
        `uses the secret ${secretsIn(value).join(", ")}, and build arguments can be read from the image's history`,
        "Hand it over under build.secrets and mount it in the RUN step that needs it",
      );
    }
    carried[name] = value;
  }
  return carried;
}

function toContexts(
  contexts: Readonly<Record<string, string>>,
  path: Path,
  { kindOf, report }: Reading,
): Record<string, string> {
  for (const [name, location] of Object.entries(contexts)) {
    if (/^(service|docker-image):/.test(location)) continue;
    if (isRemote(location) || location.startsWith("oci-layout:")) {
      report.problem([...path, name], `is ${location}`, "Use a folder, docker-image:// or service:");
    } else if (kindOf(location) !== "folder") {
      report.problem([...path, name], `is ${location}, which is not a folder`, "Correct the path");
    }
  }
  return Object.fromEntries(Object.entries(contexts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toSecrets(uses: readonly CanonicalFileUse[], { contents }: Reading): Record<string, Text> {
  return Object.fromEntries(
    uses.flatMap(({ source, target }) => {
      const content = contents.get(`secrets.${source}`);
      return content === undefined ? [] : [[target?.replace("/run/secrets/", "") ?? source, content]];
    }),
  );
}

function isRemote(location: string): boolean {
  return /^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(location);
}
