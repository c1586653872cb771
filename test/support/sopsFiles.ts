import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key pair for age, made anew. */
export function ageKey(): { readonly recipient: string; readonly identity: string } {
  const { d = "", x = "" } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  return {
    recipient: bech32("age", Buffer.from(x, "base64url")),
    identity: bech32("age-secret-key-", Buffer.from(d, "base64url")).toUpperCase(),
  };
}

/** What sops makes of a text for a recipient. */
export function encrypted(text: string, type: "dotenv" | "json" | "yaml" | "binary", recipient: string): string {
  const folder = mkdtempSync(join(tmpdir(), "plain-"));
  try {
    const file = join(folder, "plain");
    writeFileSync(file, text);
    const types = ["--input-type", type, "--output-type", type];
    return execFileSync("sops", ["encrypt", "--age", recipient, ...types, file], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, without its limit of length. */
function bech32(prefix: string, bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const words = (bits.match(/.{1,5}/g) ?? []).map((five) => Number.parseInt(five.padEnd(5, "0"), 2));
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  const check =
    polymod([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = [25, 20, 15, 10, 5, 0].map((shift) => (check >> shift) & 31);
  return `${prefix}1${[...words, ...checksum].map((word) => ALPHABET[word]).join("")}`;
}

function polymod(values: readonly number[]): number {
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  return values.reduce((sum, value) => {
    const top = sum >>> 25;
    const next = ((sum & 0x1ffffff) << 5) ^ value;
    return generators.reduce((mixed, generator, bit) => ((top >> bit) & 1 ? mixed ^ generator : mixed), next);
  }, 1);
}
