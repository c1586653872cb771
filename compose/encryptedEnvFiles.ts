import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Problem, UserError } from "../userError.ts";
import type { Raw, RawEnvFile } from "./canonical.ts";
import type { Output } from "./command.ts";
import { decrypt, type SopsFormat, sopsFormat } from "./sops.ts";
import type { Sources } from "./source.ts";

/** The `env_file`s that sops encrypted, by absolute path; of the services of which `isActive` is true. */
export async function findEncrypted(
  { services = {} }: Raw,
  isActive: (service: string) => boolean,
): Promise<Map<string, SopsFormat>> {
  const paths = new Set(
    Object.entries(services).flatMap(([service, { env_file: files }]) =>
      isActive(service) ? (files ?? []).map(({ path }) => path) : [],
    ),
  );
  const formats = await Promise.all(
    [...paths].map(async (path): Promise<[string, SopsFormat | undefined]> => {
      const text = await readFile(path, "utf8").catch(() => "");
      return [path, sopsFormat(text)];
    }),
  );
  return new Map(formats.filter((entry): entry is [string, SopsFormat] => entry[1] !== undefined));
}

/**
 * What Compose answers when decrypted copies are in the place of the encrypted files. The copies lie in a folder that only this user can
 * enter, and are gone when it has answered.
 * @param compose called with a compose file that replaces the `env_file`s
 * @throws UserError naming every file that cannot be decrypted.
 */
export async function withDecrypted(
  raw: Raw,
  encrypted: ReadonlyMap<string, SopsFormat>,
  sources: Sources,
  compose: (override: string) => Promise<Output>,
): Promise<Output> {
  const folder = await mkdtemp(join(tmpdir(), "retrofit-"));
  try {
    const copies = await decryptInto(folder, encrypted, sources);
    const override = join(folder, "compose.yaml");
    await writeFile(override, overrideOf(raw, copies), { mode: 0o600 });
    const output = await compose(override);
    const stderr = [...copies].reduce((text, [original, copy]) => text.replaceAll(copy, original), output.stderr);
    return { ...output, stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function decryptInto(
  folder: string,
  encrypted: ReadonlyMap<string, SopsFormat>,
  sources: Sources,
): Promise<Map<string, string>> {
  const copies = new Map<string, string>();
  const problems: Problem[] = [];
  await Promise.all(
    [...encrypted].map(async ([path, format], index) => {
      const plain = await decrypt(path, format, "dotenv");
      if ("failure" in plain) {
        problems.push({ where: sources.name(path), ...plain.failure });
        return;
      }
      const copy = join(folder, `${index}.env`);
      await writeFile(copy, plain.text, { mode: 0o600 });
      copies.set(path, copy);
    }),
  );
  if (problems.length > 0) throw new UserError(problems);
  return copies;
}

function overrideOf({ services = {} }: Raw, copies: ReadonlyMap<string, string>): string {
  const replaced = Object.entries(services).flatMap(([name, { env_file: files }]) => {
    if (!files?.some(({ path }) => copies.has(path))) return [];
    const list = files.map((file: RawEnvFile) => ({ ...file, path: copies.get(file.path) ?? file.path }));
    // JSON is YAML; the tag is Compose's own for replacing a list instead of adding to it.
    return `  ${JSON.stringify(name)}: {env_file: !override ${JSON.stringify(list)}}\n`;
  });
  return `services:\n${replaced.join("")}`;
}
