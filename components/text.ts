import * as pulumi from "@pulumi/pulumi";
import type { App, Text } from "../compose/model.ts";

/** Values of the secret variables, by name. */
export type Secrets = pulumi.Output<Readonly<Record<string, string>>>;

/** The value of a text: as it is when public, a secret output with the named secrets put in otherwise. */
export function textOutput(text: Text, secrets: Secrets): pulumi.Input<string> {
  if (typeof text === "string") return text;
  return pulumi.secret(
    secrets.apply((values) =>
      text.secret.map((piece) => (typeof piece === "string" ? piece : values[piece.name])).join(""),
    ),
  );
}

/** The values of a record of texts, names kept. */
export function textOutputs(
  texts: Readonly<Record<string, Text>>,
  secrets: Secrets,
): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, textOutput(text, secrets)]));
}

/** Every value of an app that must not be shown, to be taken out of what its containers print. */
export function secretValues(app: App, secrets: Secrets): pulumi.Output<string[]> {
  const texts = [...app.services.values()].flatMap(({ environment, files }) => [
    ...Object.values(environment),
    ...files.map(({ content }) => content),
  ]);
  // A whole value, not the pieces around a name, which may be as common as "/"; and no "1" or "yes".
  const literals = texts.flatMap((text) => {
    const piece = typeof text === "string" || text.secret.length > 1 ? "" : text.secret[0];
    return typeof piece === "string" && piece.length >= 4 ? [piece.trim()] : [];
  });
  return secrets.apply((values) => [...Object.values(values), ...literals].filter((value) => value !== ""));
}
