import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
}

/** A self-signed pair for names of hosts, made anew. */
export async function keyPair(first = "localhost", ...others: readonly string[]): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), "pair-"));
  try {
    const files = [join(folder, "key"), join(folder, "crt")] as const;
    const how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30"];
    const names = [first, ...others].map((name) => `DNS:${name}`).join(",");
    const subject = ["-subj", `/CN=${first}`, "-addext", `subjectAltName=${names}`];
    await promisify(execFile)("openssl", ["req", "-x509", ...how, ...subject, "-keyout", files[0], "-out", files[1]]);
    const [key, certificate] = await Promise.all(files.map((file) => readFile(file, "utf8")));
    if (key === undefined || certificate === undefined) throw new Error("openssl made no pair");
    return { certificate, key, fingerprint: new X509Certificate(certificate).fingerprint256 };
  } finally {
    await rm(folder, { recursive: true });
  }
}
