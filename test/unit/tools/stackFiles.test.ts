import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rememberStackFiles, withoutNeedlessSalt } from "../../../tools/stackFiles.mjs";

const committed = "# The default\nconfig:\n    retrofit:app: hello   # why\n    retrofit:expose:\n    - 8080\n";
const salt = "encryptionsalt: v1:mrOm=:v1:+H2E:IP7o==\n";
const laidOutAnew = "# The default\nconfig:\n  retrofit:app: hello # why\n  retrofit:expose:\n    - 8080\n";

describe("withoutNeedlessSalt", () => {
  it("gives back the text as it was where only the salt and the layout are new", () => {
    expect(withoutNeedlessSalt(committed, laidOutAnew + salt, parse)).toBe(committed);
  });

  it("keeps what config set has changed", () => {
    const set = laidOutAnew.replace("hello", "other");
    expect(withoutNeedlessSalt(committed, salt + set, parse)).toBe(set);
  });

  it("keeps the salt that a secret needs", () => {
    const secret = `${laidOutAnew}  retrofit:secrets:\n    PASSWORD:\n      secure: v1:abc\n${salt}`;
    expect(withoutNeedlessSalt(committed, secret, parse)).toBe(secret);
    const list = `config:\n  retrofit:list:\n    - secure: v1:abc\n${salt}`;
    expect(withoutNeedlessSalt(committed, list, parse)).toBe(list);
  });

  it("keeps a salt that was there before", () => {
    expect(withoutNeedlessSalt(salt + committed, salt + laidOutAnew, parse)).toBe(salt + laidOutAnew);
  });

  it("takes quotes around a number or a boolean for layout", () => {
    const before = "config:\n  retrofit:embedded: true\n  retrofit:timeout: 60\n";
    const after = 'config:\n  retrofit:embedded: "true"\n  retrofit:timeout: "60"\n';
    expect(withoutNeedlessSalt(before, after + salt, parse)).toBe(before);
  });

  it("gives back an empty file", () => {
    expect(withoutNeedlessSalt("", salt, parse)).toBe("");
  });
});

it("rememberStackFiles tidies the files that were there, and no others", async () => {
  const root = await mkdtemp(join(tmpdir(), "retrofit-stack-files-"));
  try {
    await writeFile(join(root, "Pulumi.dev.yaml"), committed);
    await writeFile(join(root, "Pulumi.yaml"), "name: x\n");
    const tidy = rememberStackFiles(root);
    for (const name of ["Pulumi.dev.yaml", "Pulumi.new.yaml", "Pulumi.yaml"])
      await writeFile(join(root, name), laidOutAnew + salt);
    await tidy();
    expect(await readFile(join(root, "Pulumi.dev.yaml"), "utf8")).toBe(committed);
    expect(await readFile(join(root, "Pulumi.new.yaml"), "utf8")).toBe(laidOutAnew + salt);
    expect(await readFile(join(root, "Pulumi.yaml"), "utf8")).toBe(laidOutAnew + salt);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
