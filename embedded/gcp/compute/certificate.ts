import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The cloud's own certificates, in PEM. */
export interface Certificates {
  /** Of the authority; machines trust it. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Names that the cloud answers to. */
const names = [
  "*.googleapis.com",
  "googleapis.com",
  "gcr.io",
  "*.gcr.io",
  "*.pkg.dev",
  "docker.io",
  "*.docker.io",
  "ghcr.io",
  "metadata.google.internal",
];

/** Prints the three as JSON. The authority's own key is not kept: it signs once. */
const script = `set -eu
cd "$(mktemp -d)"
new() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key "\${@:2}" 2> errors || { cat errors >&2; exit 1; }; }
new authority -x509 -days 3650 -subj "/CN=Embedded cloud of retrofit" -out authority.pem
new server -subj "/CN=Embedded cloud" -out server.csr
printf 'subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\\nextendedKeyUsage=serverAuth\\n' > extensions
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -days 3650 -extfile extensions -out server.pem 2> errors
base64 -w0 authority.pem; echo; base64 -w0 server.pem; echo; base64 -w0 server.key; echo
`;

/**
 * Reads the certificates, which are made once, and again when another version answers to more names.
 * @param run runs a script where there is openssl
 */
export async function ensureCertificates(
  file: string,
  run: (script: string) => Promise<string>,
): Promise<Certificates> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Certificates) : undefined;
  if (kept !== undefined && names.every((name) => namesOf(kept).includes(`DNS:${name}`))) return kept;
  const output = await run(script);
  const [authority = "", certificate = "", key = ""] = output
    .trim()
    .split("\n")
    .map((line) => Buffer.from(line, "base64").toString());
  const certificates = { authority, certificate, key };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.partial`, JSON.stringify(certificates), { mode: 0o600 });
  renameSync(`${file}.partial`, file);
  return certificates;
}

function namesOf({ certificate }: Certificates): string[] {
  return new X509Certificate(certificate).subjectAltName?.split(", ") ?? [];
}
