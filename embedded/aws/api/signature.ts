import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AwsError } from "../apiError.ts";

/** A request as it came. */
export interface Signed {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Who signed it, and for where. */
export interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

/** Milliseconds that a signature is good for, before and after. */
const validity = 15 * 60_000;

/**
 * Checks a request's signature, version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html.
 * @throws {AwsError} where there is none, or it is not good
 */
export function checkSignature(request: Signed, secretOf: (accessKeyId: string) => string | undefined): Signer {
  const { headers } = request;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  if (!match) throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
  const [, accessKeyId = "", date = "", region = "", service = "", signed = "", signature = ""] = match;
  const secret = secretOf(accessKeyId);
  if (secret === undefined)
    throw new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  const moment = String(headers["x-amz-date"] ?? "");
  if (!moment.startsWith(date) || Math.abs(timeOf(moment) - Date.now()) > validity) {
    throw new AwsError("InvalidSignatureException", `Signature expired: ${moment} is not within 15 minutes of now`);
  }
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", moment, scope, sha256(canonical(request, signed.split(";")))].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<Buffer>(
    (previous, part) => createHmac("sha256", previous).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  const expected = createHmac("sha256", key).update(text).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) {
    throw new AwsError(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
      403,
    );
  }
  return { accessKeyId, region, service };
}

function canonical({ method, url, headers, body }: Signed, signed: readonly string[]): string {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const query = [...searchParams]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .sort()
    .join("&");
  const lines = signed.map(
    (name) =>
      `${name}:${String(headers[name] ?? "")
        .trim()
        .replace(/ +/g, " ")}\n`,
  );
  return [method, pathname, query, lines.join(""), signed.join(";"), sha256(body)].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** `20260407T120000Z` as milliseconds since 1970. */
function timeOf(moment: string): number {
  return Date.parse(moment.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
