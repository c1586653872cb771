import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createContext } from "../../../tools/context.mjs";
import { checkers, checkersFolder } from "../../../tools/steps/checkers.mjs";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "retrofit-checkers-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** A virtual environment of which only the Python is there; `python` is where its links end. */
function installed({ python, stamp }: { python: string; stamp?: string }): string {
  const bin = join(checkersFolder(cache), "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(python, join(bin, "python3"));
  if (stamp !== undefined) writeFileSync(join(bin, "..", "complete"), stamp);
  return bin;
}

function missing(): Promise<string | undefined> {
  return checkers.missing(createContext({ env: { ...process.env, RETROFIT_CACHE: cache } }).context);
}

it("is missing where nothing is, and where an installation was interrupted", async () => {
  expect(await missing()).toBe("not installed");
  installed({ python: process.execPath });
  expect(await missing()).toBe("not installed");
});

it("is present as long as the Python is the one that it was installed for", async () => {
  const python = join(cache, "python3");
  const version = (name: string) => {
    writeFileSync(join(cache, name), "");
    rmSync(python, { force: true });
    symlinkSync(join(cache, name), python);
  };
  version("python3.11");
  installed({ python, stamp: join(realpathSync(cache), "python3.11") });
  expect(await missing()).toBeUndefined();
  version("python3.13");
  expect(await missing()).toBe("installed for a Python that is gone");
  rmSync(python);
  expect(await missing()).toBe("installed for a Python that is gone");
});
