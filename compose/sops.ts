import type { Problem } from "../userError.ts";
import { run } from "./command.ts";

/** Formats that sops itself distinguishes; `binary` is any other file, wrapped in JSON. */
export type SopsFormat = "dotenv" | "yaml" | "json" | "binary";

/** The format of a file that sops has encrypted, told by the metadata it leaves there; undefined for any other file. */
export function sopsFormat(text: string): SopsFormat | undefined {
  if (/^sops_version=/m.test(text) && /^sops_mac=/m.test(text)) return "dotenv";
  if (/^sops:\s*$/m.test(text) && /^\s+mac: ENC\[/m.test(text)) return "yaml";
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null || !("sops" in content)) return undefined;
    const keys = Object.keys(content);
    return keys.length === 2 && "data" in content && String(content.data).startsWith("ENC[") ? "binary" : "json";
  } catch {
    return undefined;
  }
}

/**
 * Decrypts a file with the `sops` on PATH, which finds its keys as it always does (SOPS_AGE_KEY_FILE, ~/.config/sops/age/keys.txt, a cloud's
 * KMS, GnuPG). `as` dotenv turns flat YAML and JSON into variables.
 * @returns the plain text, or the reason why there is none; never a part of either text in it
 */
export async function decrypt(
  file: string,
  format: SopsFormat,
  as: "dotenv" | "same",
): Promise<{ readonly text: string } | { readonly failure: Pick<Problem, "what" | "mend"> }> {
  const output = as === "dotenv" && format !== "binary" ? "dotenv" : format;
  const { code, stdout, stderr } = await run(
    ["sops", "decrypt", "--input-type", format, "--output-type", output, file],
    process.cwd(),
    process.env,
  );
  return code === 0 ? { text: stdout } : { failure: reason(code, stderr) };
}

function reason(code: number, stderr: string): Pick<Problem, "what" | "mend"> {
  if (code === 127) {
    return {
      what: "is encrypted by sops, which is not on PATH",
      mend: "Run npm run setup, or install sops 3.9 or newer",
    };
  }
  if (/data key|no identity|no matching/i.test(stderr)) {
    return {
      what: "is encrypted by sops, and none of the keys it was encrypted for is on this machine",
      mend: "Make the key known to sops: SOPS_AGE_KEY_FILE for age, or credentials for the cloud's KMS",
    };
  }
  if (/MAC mismatch|hash mismatch|authentication failed/i.test(stderr)) {
    return {
      what: "was changed after sops encrypted it",
      mend: "Restore it, and edit it by the command sops edit only",
    };
  }
  return { what: `cannot be decrypted by sops (exit code ${code})`, mend: "Run sops decrypt on it to see why" };
}
