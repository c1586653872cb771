import * as pulumi from "@pulumi/pulumi";
import type { App, SecretText, Text } from "../compose/model.ts";

/** Values of the secret variables, by name. */
export type Secrets = pulumi.Output<Readonly<Record<string, string>>>;

/** The value of a text: as it is when public, a secret output with the named secrets put in otherwise. */
export function textOutput(text: Text, secrets: Secrets): pulumi.Input<string> {
  if (typeof text === "string") return text;
  return pulumi.secret(secrets.apply((values) => joined(text, values)));
}

/** The values of a record of texts, names kept. */
export function textOutputs(
  texts: Readonly<Record<string, Text>>,
  secrets: Secrets,
): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, textOutput(text, secrets)]));
}

/**
 * Every value of an app that must not be shown, to be taken out of what its containers print. The longest first: what is hidden in pieces
 * is no longer found as a whole.
 */
export function secretValues(app: App, secrets: Secrets): pulumi.Output<string[]> {
  const texts = [...app.services.values()].flatMap(({ environment, files }) => [
    ...Object.values(environment),
    ...files.map(({ content }) => content),
  ]);
  return secrets.apply((values) => {
    // Whole values, not the pieces around a name, which may be as common as "/"; and no "1" or "yes".
    const known = [
      ...(app.secretValues ?? []),
      ...texts.flatMap((text) => (typeof text === "string" ? [] : [joined(text, values)])),
    ]
      .map((value) => value.trim())
      .filter((value) => value.length >= 4);
    const all = new Set([...Object.values(values), ...known].filter((value) => value !== ""));
    return [...all].sort((a, b) => b.length - a.length);
  });
}

function joined({ secret }: SecretText, values: Readonly<Record<string, string>>): string {
  return secret.map((piece) => (typeof piece === "string" ? piece : values[piece.name])).join("");
}
