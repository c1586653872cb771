import { createHash, createPrivateKey, createSign, generateKeyPairSync } from "node:crypto";
import type { Vault } from "../../daemon/vault.ts";
import type { Instance } from "../compute/instance.ts";
import type { Instances } from "../compute/instances.ts";
import { newNumber, projectNumber } from "../names.ts";
import type { Store } from "../store.ts";
import type { Tokens } from "../tokens.ts";
import { metadataOf } from "./content.ts";
import type { MetadataSource } from "./server.ts";

/** What of a cloud its instances are told. */
interface Told {
  readonly store: Store;
  readonly vault: Pick<Vault, "get" | "put">;
  readonly tokens: Pick<Tokens, "issue">;
  readonly instances: Pick<Instances, "at">;
}

/** What the metadata server tells of a cloud's instances. */
export function metadataSource({ store, vault, tokens, instances }: Told): MetadataSource {
  return {
    instanceAt: (address) => instances.at(address.replace(/^::ffff:/, "")),
    tree: (instance) => metadataOf(instance, {}, store.guestAttributes(instance.id)),
    changes: store,
    accessToken: ({ account }) => {
      if (account === undefined) throw new Error("the instance has no service account");
      return tokens.issue(account);
    },
    identityToken: (instance, audience) => identityToken(instance, audience, signingKey(vault)),
    setGuestAttribute: ({ id }, namespace, key, value) => store.setGuestAttribute(id, namespace, key, value),
  };
}

function signingKey(vault: Told["vault"]): string {
  const name = "identity-key";
  const kept = vault.get(name);
  if (kept) return kept.toString();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  vault.put(name, Buffer.from(key));
  return key;
}

/** https://cloud.google.com/compute/docs/instances/verifying-instance-identity#token_format */
function identityToken({ account, project, number, name, zone }: Instance, audience: string, pem: string): string {
  const now = Math.floor(Date.now() / 1000);
  const kid = createHash("sha256").update(pem).digest("hex").slice(0, 40);
  const parts = [
    { alg: "RS256", kid, typ: "JWT" },
    {
      iss: "https://accounts.google.com",
      iat: now,
      exp: now + 3600,
      aud: audience,
      sub: newNumber(21),
      azp: account?.email,
      email: account?.email,
      email_verified: true,
      google: {
        compute_engine: {
          project_id: project,
          project_number: Number(projectNumber(project)),
          zone,
          instance_id: number,
          instance_name: name,
        },
      },
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signed = parts.join(".");
  const signature = createSign("RSA-SHA256").update(signed).sign(createPrivateKey(pem), "base64url");
  return `${signed}.${signature}`;
}
