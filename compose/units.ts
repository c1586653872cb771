const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds of a duration as Compose prints it (`1m30s`, Go's notation), rounded to nanoseconds; undefined when it is none. */
export function toSeconds(duration: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(duration)) return undefined;
  let seconds = 0;
  for (const [, amount, , unit] of duration.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(amount) * (SECONDS[unit ?? ""] ?? 0);
  }
  return Math.round(seconds * 1e9) / 1e9;
}

/** Bytes of a size as Docker writes it (`64m`, `1.5GiB`, `1024`), powers of 1024; undefined when it is none. */
export function toBytes(size: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(String(size));
  if (!match) return undefined;
  const unit = match[2] ?? "";
  const power = unit === "" ? 0 : "kmgtp".indexOf(unit.toLowerCase()) + 1;
  return Math.floor(Number(match[1]) * 1024 ** power);
}
