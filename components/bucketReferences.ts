import type { App, Service, Text } from "../compose/model.ts";
import { type Problem, UserError } from "../userError.ts";

/** `${bucket.uploads}`, by which an environment variable names a bucket that the target makes. */
const reference = /\$\{bucket\.([\w.-]+)\}/g;

/** Buckets that environment variables name, by the name between the braces; each once, sorted. */
export function namedBuckets(app: App): string[] {
  return [...new Set(referencesOf(app).map(({ bucket }) => bucket))].sort();
}

/** The app with the names of buckets in its environment. */
export function withBucketNames(app: App, names: Readonly<Record<string, string>>): App {
  const filled = (text: string) => text.replace(reference, (whole, bucket: string) => names[bucket] ?? whole);
  const services = [...app.services].map(([name, service]): [string, Service] => [
    name,
    { ...service, environment: mapTexts(service.environment, filled) },
  ]);
  return { ...app, services: new Map(services) };
}

/** @throws UserError naming every variable that asks for a bucket, for a target that makes none */
export function refuseBucketReferences(app: App, target: string): void {
  const problems = referencesOf(app).map(
    ({ service, variable, bucket }): Problem => ({
      where: `${app.file}: ${service}: environment.${variable}`,
      what: `the target ${target} makes no bucket for \${bucket.${bucket}}`,
      mend: "Give the variable another value in retrofit:services, or deploy to gcp",
    }),
  );
  if (problems.length > 0) throw new UserError(problems);
}

function referencesOf(app: App) {
  return [...app.services.values()].flatMap(({ name: service, environment }) =>
    Object.entries(environment).flatMap(([variable, text]) =>
      piecesOf(text).flatMap((piece) =>
        [...piece.matchAll(reference)].map(([, bucket]) => ({ service, variable, bucket: bucket as string })),
      ),
    ),
  );
}

function piecesOf(text: Text): string[] {
  return typeof text === "string" ? [text] : text.secret.filter((piece) => typeof piece === "string");
}

function mapTexts(texts: Readonly<Record<string, Text>>, change: (text: string) => string): Record<string, Text> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]): [string, Text] => [
      name,
      typeof text === "string"
        ? change(text)
        : { ...text, secret: text.secret.map((piece) => (typeof piece === "string" ? change(piece) : piece)) },
    ]),
  );
}
