import { createHash, randomBytes, randomInt } from "node:crypto";

/** Where something is. */
export interface Home {
  readonly region: string;
  /** 12 digits. */
  readonly account: string;
}

/** `arn:aws:<service>:<region>:<account>:<rest>` */
export function arn(service: string, { region, account }: Home, rest: string): string {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}

/** The parts of an ARN; undefined where it is none. */
export function parseArn(text: string): (Home & { readonly service: string; readonly rest: string }) | undefined {
  const match = /^arn:aws[a-z-]*:([^:]*):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, service = "", region = "", account = "", rest = ""] = match;
  return { service, region, account, rest };
}

/** An id such as EC2 gives: `vpc-0` and 16 hexadecimal digits. @param prefix `vpc-` */
export function newId(prefix: string): string {
  return `${prefix}0${hex(16)}`;
}

/** So many random hexadecimal digits. */
export function hex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits);
}

/** So many random digits, the first not 0. */
export function digits(count: number): string {
  return Array.from({ length: count }, (_, index) => randomInt(index === 0 ? 1 : 0, 10)).join("");
}

/** So many random letters and digits. @param alphabet to choose from */
export function letters(count: number, alphabet: string): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** The same digits for the same text: hexadecimal. */
export function stable(text: string, count: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, count);
}

/** The last part of an ARN's path or of an id. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Seconds since 1970, in milliseconds' precision: time in AWS's JSON APIs. */
export function now(): number {
  return Date.now() / 1000;
}

/** `2026-04-07T12:00:00Z` */
export function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** `use1-az1` of `us-east-1a`: availability zones' ids do not depend on the account. */
export function zoneId(zone: string): string {
  const [area = "", ...parts] = zone.slice(0, -1).split("-");
  const short = parts.map((part) =>
    part.replace(/^(north|south)?(\w)\w*$/, (_, first = "", second = "") => (first[0] ?? "") + second),
  );
  return `${area}${short.join("")}-az${zone.charCodeAt(zone.length - 1) - 96}`;
}
