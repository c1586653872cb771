import type { App, SecretText, Text } from "../compose/model.ts";

/** Key of the secret that an environment variable of a service is. */
export function environmentKey(service: string, variable: string): string {
  return `${service}-${variable}`;
}

/** Key of the secret that is the content of a Compose secret or config. */
export function fileKey(kind: "secret" | "config", name: string): string {
  return `${kind}-${name}`;
}

/** Every secret text of an app by its key: whole values, as one piece alone may tell the rest. */
export function secretTexts(app: App): Map<string, SecretText> {
  const texts = new Map<string, SecretText>();
  const add = (key: string, text: Text) => typeof text !== "string" && texts.set(key, text);
  for (const service of app.services.values()) {
    for (const [variable, text] of Object.entries(service.environment))
      add(environmentKey(service.name, variable), text);
    for (const { kind, name, content } of service.files) add(fileKey(kind, name), content);
  }
  return texts;
}
