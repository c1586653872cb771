import type { TargetGroup } from "../../balancing/model.ts";

/** Name of the cookie that says which target a client stays with; undefined where none does. */
export function cookieName({ stickiness }: Pick<TargetGroup, "stickiness">): string | undefined {
  return stickiness?.type === "lb_cookie" ? "AWSALB" : undefined;
}

/** The value of a cookie in a `Cookie` header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const found = header?.split(";").find((pair) => pair.trim().startsWith(`${name}=`));
  return found === undefined ? undefined : decodeURIComponent(found.trim().slice(name.length + 1));
}

/** @param seconds that the client stays @param now milliseconds since 1970 */
export function setCookie(name: string, value: string, seconds: number, now: number): string {
  return `${name}=${encodeURIComponent(value)}; Expires=${new Date(now + seconds * 1000).toUTCString()}; Path=/`;
}
