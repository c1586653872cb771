import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Where sealed bytes lie. */
export interface Sealed {
  sealed(name: string): string | undefined;
  setSealed(name: string, value: string | undefined): void;
}

/** Keeps bytes encrypted at rest, and signs, with a key that lies beside the state and is readable to its owner only. */
export class Vault {
  readonly #store: Sealed;
  readonly #key: Buffer;

  constructor(store: Sealed, keyFile: string) {
    this.#store = store;
    this.#key = keyOf(keyFile);
  }

  put(name: string, bytes: Buffer): void {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const sealed = Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    this.#store.setSealed(name, sealed.toString("base64"));
  }

  get(name: string): Buffer | undefined {
    const sealed = this.#store.sealed(name);
    if (sealed === undefined) return undefined;
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  }

  remove(name: string): void {
    this.#store.setSealed(name, undefined);
  }

  /** Signature of a text, in base64url. */
  sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}

function keyOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const key = randomBytes(32);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, key, { mode: 0o600, flag: "wx" });
  return key;
}
