/** Path of a field in the compose file: `["services", "web", "ports", 0]`. */
export type Path = readonly (string | number)[];

/** `services.web.ports[0]`; a key with other than name characters is quoted. */
export function showPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w$-]+$/.test(step)) return index === 0 ? step : `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
