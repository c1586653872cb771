import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { AwsError } from "../apiError.ts";
import { types } from "../types.ts";
import { arnOf, common } from "./common.ts";
import type { Kind } from "./kind.ts";

/** Imported certificates. The key lies in the vault, under the certificate's ARN. */
export const certificate: Kind = {
  type: types.certificate,
  api: "ACM",
  noun: "Certificate",
  operations: { creating: "ImportCertificate", updating: "ImportCertificate" },
  hidden: ["privateKey"],
  id: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { certificateBody, privateKey } = inputs;
    if (certificateBody === undefined || (privateKey === undefined && before === undefined)) {
      throw new AwsError("ValidationException", "certificateBody and privateKey must be given");
    }
    const leaf = parse(certificateBody as string);
    if (privateKey !== undefined) checkKey(leaf, privateKey as string);
    if (inputs.certificateChain !== undefined) parse(inputs.certificateChain as string);
    if (new Date(leaf.validTo).getTime() < Date.now())
      throw new AwsError("ValidationException", "The certificate has expired.");
    const names =
      leaf.subjectAltName?.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4)] : [])) ?? [];
    const subject = /^CN=(.+)$/m.exec(leaf.subject ?? "")?.[1] ?? names[0] ?? "";
    const { certificateBody: _body, ...rest } = common(inputs, scope);
    return {
      ...rest,
      certificateBody,
      arn: before?.arn ?? arnOf("acm", inputs, scope, `certificate/${randomUUID()}`),
      domainName: subject,
      subjectAlternativeNames: names,
      domainValidationOptions: [],
      keyAlgorithm: keyAlgorithm(leaf),
      notBefore: new Date(leaf.validFrom).toISOString(),
      notAfter: new Date(leaf.validTo).toISOString(),
      options: { certificateTransparencyLoggingPreference: "DISABLED", export: "DISABLED" },
      pendingRenewal: false,
      renewalEligibility: "INELIGIBLE",
      renewalSummaries: [],
      status: "ISSUED",
      type: "IMPORTED",
      validationEmails: [],
      validationMethod: "NONE",
    };
  },
  async created(id, _outputs, { cloud }, { privateKey }) {
    cloud.vault.put(id, Buffer.from(privateKey as string));
    return undefined;
  },
  async updated(id, { privateKey }, _before, { cloud }) {
    if (privateKey !== undefined) cloud.vault.put(id, Buffer.from(privateKey as string));
    await cloud.runtime.balancingChanged();
  },
  async deleting(id, _outputs, { cloud: { store } }) {
    if (!store.all(types.listener).some(([, { certificateArn }]) => certificateArn === id)) return;
    throw new AwsError("ResourceInUseException", `Certificate ${id} in account is in use.`);
  },
  async deleted(id, _outputs, { cloud }) {
    cloud.vault.remove(id);
  },
};

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new AwsError(
      "ValidationException",
      "Could not validate the certificate with the certificate chain: it is no PEM-encoded certificate.",
    );
  }
}

function checkKey(leaf: X509Certificate, pem: string): void {
  let fits: boolean;
  try {
    fits = leaf.checkPrivateKey(createPrivateKey(pem));
  } catch {
    throw new AwsError(
      "ValidationException",
      "The private key is not supported: it must be PEM-encoded and not encrypted.",
    );
  }
  if (!fits) throw new AwsError("ValidationException", "The certificate's public key does not match the private key.");
}

function keyAlgorithm(leaf: X509Certificate): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  if (asymmetricKeyType === "rsa") return `RSA_${asymmetricKeyDetails?.modulusLength}`;
  return asymmetricKeyDetails?.namedCurve === "secp384r1" ? "EC_secp384r1" : "EC_prime256v1";
}
