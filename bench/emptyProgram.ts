import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pulumiEnvironment } from "../tools/environment.mjs";
import { measure, type Run } from "./measure.ts";

/** Those of Pulumi's templates, and what TypeScript 6 wants to hear about them. */
const templateOptions = {
  strict: true,
  target: "es2020",
  module: "commonjs",
  moduleResolution: "node",
  ignoreDeprecations: "6.0",
};

/** A TypeScript program that makes nothing, with the same runtime and SDK: what Pulumi itself costs. */
export class EmptyProgram {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;

  private constructor(folder: string, root: string) {
    this.folder = folder;
    this.env = {
      ...pulumiEnvironment({ root }),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      // Of a program that has not changed ts-node keeps what it has compiled; after a change, and in CI, there is nothing kept.
      TS_NODE_CACHE: "false",
    };
  }

  /** @param sdks packages that it imports, as programs do by default: type-checked and compiled at every run */
  static async create(root: string, sdks: readonly string[] = []): Promise<EmptyProgram> {
    const program = new EmptyProgram(await mkdtemp(join(tmpdir(), "retrofit-empty-")), root);
    const { folder, env } = program;
    const options = sdks.length === 0 ? ", options: { typescript: false }" : "";
    const files = {
      "Pulumi.yaml": `name: empty\nmain: index.ts\nruntime: { name: nodejs${options} }\n`,
      "package.json": sdks.length === 0 ? '{ "type": "module" }' : "{}",
      "tsconfig.json": JSON.stringify({ compilerOptions: templateOptions, files: ["index.ts"] }),
      "index.ts": [
        'import * as pulumi from "@pulumi/pulumi";',
        ...sdks.map((sdk, index) => `import * as sdk${index} from "${sdk}";`),
        "export const stack: string = pulumi.getStack();",
        // An import that nothing uses is left out.
        `export const providers: string[] = [${sdks.map((_, index) => `sdk${index}.Provider.name`).join(", ")}];`,
      ].join("\n"),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await promisify(execFile)("pulumi", ["stack", "init", "empty"], { cwd: folder, env });
    return program;
  }

  preview(): Promise<Run> {
    return this.#run("preview");
  }

  up(): Promise<Run> {
    return this.#run("up", "--yes", "--skip-preview");
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  #run(...args: string[]): Promise<Run> {
    return measure("pulumi", args, this.env, this.folder);
  }
}
