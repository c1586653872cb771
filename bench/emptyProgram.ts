import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pulumiEnvironment } from "../tools/environment.mjs";

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
    };
  }

  static async create(root: string): Promise<EmptyProgram> {
    const program = new EmptyProgram(await mkdtemp(join(tmpdir(), "retrofit-empty-")), root);
    const { folder, env } = program;
    await writeFile(
      join(folder, "Pulumi.yaml"),
      "name: empty\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(
      join(folder, "index.ts"),
      'import * as pulumi from "@pulumi/pulumi";\nexport const stack: string = pulumi.getStack();\n',
    );
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await promisify(execFile)("pulumi", ["stack", "init", "empty"], { cwd: folder, env });
    return program;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
