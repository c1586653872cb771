import type { LogTarget } from "../model.ts";

/** What each letter of a strftime format matches: https://docs.docker.com/engine/logging/drivers/awslogs/#awslogs-datetime-format */
const letters: Readonly<Record<string, string>> = {
  A: "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
  a: "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
  B: "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
  b: "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
  d: "(?:0[1-9]|[12]\\d|3[01])",
  f: "\\d{6}",
  H: "(?:[01]\\d|2[0-3])",
  I: "(?:0\\d|1[0-2])",
  j: "(?:[0-2]\\d\\d|3[0-6]\\d)",
  L: "\\.\\d{3}",
  M: "[0-5]\\d",
  m: "(?:0[1-9]|1[0-2])",
  p: "[AP]M",
  S: "[0-5]\\d",
  w: "[0-6]",
  Y: "\\d{4}",
  y: "\\d{2}",
  Z: "[A-Z]{1,4}T",
  z: "[+-]\\d{4}",
  "%": "%",
};

/** What the first line of an event matches; undefined where each line is one. */
export function firstLine({
  datetimeFormat,
  multilinePattern,
}: Pick<LogTarget, "datetimeFormat" | "multilinePattern">) {
  if (multilinePattern !== undefined) return new RegExp(multilinePattern);
  if (datetimeFormat === undefined) return undefined;
  return new RegExp(
    datetimeFormat.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (text, letter) => letters[letter] ?? `\\${text}`),
  );
}
