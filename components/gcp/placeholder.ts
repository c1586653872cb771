/** Stands in a body for what is put in on the VM: `release`, `instance`, `secret:<n>`. Characters that no text has a use for. */
export function placeholder(name: string): string {
  return `\uE000${name}\uE001`;
}

/** A body as JSON, with placeholders as `{{retrofit:<name>}}`. The same in an app's own text is written so that it is none. */
export function toJson(body: object): string {
  return `${toText(JSON.stringify(body, null, 1).replaceAll("{{retrofit:", "\\u007b{retrofit:"))}\n`;
}

/** Text with its placeholders as `{{retrofit:<name>}}`. */
export function toText(text: string): string {
  return text.replaceAll(/\uE000(.+?)\uE001/g, "{{retrofit:$1}}");
}
