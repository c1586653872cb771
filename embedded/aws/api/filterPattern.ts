import { AwsError } from "../apiError.ts";

/**
 * Whether a line matches a filter pattern of terms: all of them, none of those with `-`, and one of those with `?`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws {AwsError} for patterns of other kinds
 */
export function matcherOf(pattern: string): (line: string) => boolean {
  if (/^\s*[{[%]/.test(pattern))
    throw new AwsError("InvalidParameterException", "The embedded cloud imitates filter patterns of terms only");
  const terms = [...pattern.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign = "", quoted, bare]) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "",
  }));
  const of = (sign: string) => terms.filter((term) => term.sign === sign);
  return (line) => {
    const has = ({ text }: { text: string }) => line.includes(text);
    const any = of("?");
    return of("").every(has) && !of("-").some(has) && (any.length === 0 || any.some(has));
  };
}
