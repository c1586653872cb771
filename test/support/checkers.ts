import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../tools/context.mjs";
import { checkersFolder } from "../../tools/steps/checkers.mjs";
import { root } from "./stack.ts";

const run = promisify(execFile);

/** What a checker printed, whether or not it found something. @throws when it could not check */
export async function check(
  name: "hadolint" | "gixy" | "sslyze" | "zizmor" | "actionlint" | "python3",
  args: readonly string[],
  input = "",
): Promise<string> {
  const folder = checkersFolder(cacheFolder(process.env));
  const program = join(folder, "bin", name);
  if (!existsSync(program)) throw new Error(`${program} is not there. Run: npm run setup -- checkers`);
  // Nothing that the user has configured for himself counts; actionlint looks for shellcheck.
  const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}`, HOME: folder };
  const checking = run(program, args, { cwd: root, env, maxBuffer: 1 << 26 });
  checking.child.stdin?.end(input);
  const { stdout, stderr } = await checking.catch((error) => error);
  if (typeof stdout !== "string" || stdout.trim() === "") throw new Error(`${name} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Files of the checkout that git knows or would add, below folders. */
export async function filesBelow(...folders: readonly string[]): Promise<readonly string[]> {
  const git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", ...folders];
  const { stdout } = await run("git", git, { cwd: root });
  return stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}
