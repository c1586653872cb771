import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Certificate } from "../components/aws/loadBalancer.ts";
import { cli } from "../userError.ts";
import type { ConfigReader } from "./reader.ts";

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** By which a load balancer ends TLS: one of Certificate Manager, or one's own, which is put there. */
export function readCertificate(reader: ConfigReader): Certificate | undefined {
  const arn = reader.text("certificateArn");
  if (arn !== undefined && !/^arn:aws[\w-]*:acm:/.test(arn)) {
    reader.wrong("certificateArn", `"${arn}" is no certificate's`, "Give one such as arn:aws:acm:...");
  }
  const own = readOwn(reader);
  if (arn !== undefined && own !== undefined) {
    reader.wrong("certificateArn", "retrofit:certificate is one, too", "Keep one of the two");
  }
  return arn === undefined ? own : { arn };
}

/** A certificate, those of its authorities after it, and its key: both or neither. */
function readOwn(reader: ConfigReader): Certificate | undefined {
  const pem = reader.raw("certificate") || undefined;
  const privateKey = reader.secretText("certificateKey", "key");
  if (pem !== undefined && privateKey === undefined) {
    const command = `${cli} config set --secret retrofit:certificateKey < key.pem`;
    reader.wrong("certificateKey", "the certificate has no key", `Set it: ${command}`);
  }
  if (pem === undefined && privateKey !== undefined) {
    const command = `${cli} config set retrofit:certificate < certificate.pem`;
    reader.wrong("certificate", "the key has no certificate", `Set it: ${command}`);
  }
  if (pem === undefined || privateKey === undefined) return undefined;

  const [body = "", ...chain] = pem.match(block) ?? [];
  const certificate = attempt(() => new X509Certificate(body));
  if (certificate === undefined) {
    const mend = "Give what begins with -----BEGIN CERTIFICATE-----, the certificates of its authorities after it";
    reader.wrong("certificate", "this is no certificate in PEM", mend);
  } else checkPair(reader, certificate, privateKey);
  return { body, privateKey: pulumi.secret(privateKey), chain: chain.length === 0 ? undefined : chain.join("\n") };
}

function checkPair(reader: ConfigReader, certificate: X509Certificate, pem: string): void {
  const { validTo } = certificate;
  if (Date.parse(validTo) < Date.now()) reader.wrong("certificate", `it was valid until ${validTo}`, "Give a new one");
  // That of a pull request has no secrets, but something in their place.
  if (pulumi.runtime.isDryRun()) return;
  const key: KeyObject | undefined = attempt(() => createPrivateKey(pem));
  if (key === undefined) {
    reader.wrong("certificateKey", "this is no private key in PEM, or has a passphrase", "Give it without one");
  } else if (!certificate.checkPrivateKey(key)) {
    reader.wrong("certificateKey", "this is another certificate's key", "Give this one's");
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
