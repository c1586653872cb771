import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../tools/context.mjs";
import { cloudPlugins } from "../../tools/versions.mjs";
import { eventually } from "../support/eventually.ts";
import { root } from "../support/stack.ts";

interface Preview {
  readonly steps: readonly {
    readonly op: string;
    readonly urn: string;
    readonly newState: { readonly type: string };
  }[];
  readonly diagnostics?: readonly { readonly message: string }[];
}

/** All that is made in the cloud and in registries, by type and name. */
const everything = [
  "docker-build:index:Image flask-upload-demo-gcsfuse-image",
  "docker-build:index:Image flask-upload-demo-gcsfuse-tags",
  "docker-build:index:Image flask-upload-demo-web-image",
  "docker-build:index:Image flask-upload-demo-web-tags",
  "gcp:artifactregistry/repository:Repository flask-upload-demo-registry-repository",
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember flask-upload-demo-app-artifactregistry.reader",
  "gcp:compute/address:Address flask-upload-demo-vm-address",
  "gcp:compute/firewall:Firewall flask-upload-demo-firewall-web",
  "gcp:compute/instance:Instance flask-upload-demo-vm-instance",
  "gcp:compute/network:Network flask-upload-demo-vpc-network",
  "gcp:compute/subnetwork:Subnetwork flask-upload-demo-vpc-subnetwork",
  "gcp:projects/iAMMember:IAMMember flask-upload-demo-app-logging.logWriter",
  "gcp:projects/iAMMember:IAMMember flask-upload-demo-app-monitoring.metricWriter",
  "gcp:projects/service:Service flask-upload-demo-services-artifactregistry",
  "gcp:projects/service:Service flask-upload-demo-services-cloudresourcemanager",
  "gcp:projects/service:Service flask-upload-demo-services-compute",
  "gcp:projects/service:Service flask-upload-demo-services-iam",
  "gcp:projects/service:Service flask-upload-demo-services-logging",
  "gcp:projects/service:Service flask-upload-demo-services-monitoring",
  "gcp:projects/service:Service flask-upload-demo-services-secretmanager",
  "gcp:projects/service:Service flask-upload-demo-services-storage",
  "gcp:serviceaccount/account:Account flask-upload-demo-app-account",
  "gcp:storage/bucket:Bucket flask-upload-demo-uploads-bucket",
  "gcp:storage/bucketIAMMember:BucketIAMMember flask-upload-demo-uploads-app-objects",
];

// The example stack for Google Cloud on a fresh checkout, by whoever has no account: with no home folder in which credentials could
// lie, and none in the environment.
describe("the example stack for Google Cloud, without credentials", () => {
  let folder: string;
  let checkout: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-fresh-"));
    checkout = join(folder, "checkout");
    const left = new Set(["node_modules", ".retrofit", ".git"]);
    // Again where a file goes meanwhile: other tests have theirs beside the program.
    await eventually(() =>
      cp(root, checkout, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) }),
    );
    await symlink(join(root, "node_modules"), join(checkout, "node_modules"));
    await mkdir(join(folder, "pulumi", "plugins"), { recursive: true });
    const plugins = join(process.env.PULUMI_HOME ?? join(process.env.HOME ?? "", ".pulumi"), "plugins");
    for (const name of (await readdir(plugins)).filter((each) => each.startsWith("resource-docker"))) {
      // No link: the CLI would not see it.
      await cp(join(plugins, name), join(folder, "pulumi", "plugins", name), { recursive: true });
    }
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(GOOGLE|CLOUDSDK|GCLOUD|GCP|PULUMI|RETROFIT)_/.test(name),
    );
    environment = {
      ...Object.fromEntries(own),
      HOME: folder,
      // Tools and plugins, but for those of clouds, and nothing that anybody is logged in with.
      RETROFIT_CACHE: cacheFolder(process.env),
      PULUMI_HOME: join(folder, "pulumi"),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(process.env.HOME ?? "", ".docker"),
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** `npm run pulumi -- <args>` in the checkout. */
  async function pulumi(...args: string[]): Promise<{ code: number; stdout: string; output: string }> {
    const words = ["tools/pulumi.mjs", ...args, "--stack", "gcp", "--non-interactive", "--color", "never"];
    const options = { cwd: checkout, env: environment, maxBuffer: 64 * 1024 * 1024 };
    return promisify(execFile)("node", words, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ ...error, output: error.stdout + error.stderr }),
    );
  }

  it("is previewed exactly, and leaves nothing but an empty state of its own behind", async () => {
    const before = await readdir(checkout);
    expect(await pulumi("stack", "init")).toMatchObject({ code: 0 });
    const { code, stdout, output } = await pulumi("preview", "--json");
    expect(code, output).toBe(0);
    const { steps, diagnostics = [] } = JSON.parse(stdout.slice(stdout.search(/^\{$/m))) as Preview;
    // Where this machine has stand-ins under the names of base images, it says that they would not be pushed.
    expect(diagnostics.filter(({ message }) => !message.includes("is a stand-in"))).toEqual([]);
    expect(steps.filter(({ op }) => op !== "create")).toEqual([]);
    const made = steps.map(({ newState, urn }) => `${newState.type} ${urn.split("::").at(-1)}`);
    expect(made.filter((each) => !/^(retrofit|pulumi):/.test(each)).sort()).toEqual(everything.sort());

    expect(JSON.parse((await pulumi("stack", "export")).stdout).deployment.resources ?? []).toEqual([]);
    expect((await readdir(checkout)).filter((name) => !before.includes(name))).toEqual([".retrofit"]);
    expect((await readdir(join(checkout, ".retrofit"))).sort()).toEqual(["passphrase", "state"]);
  });

  it("is not deployed where the real provider is not, and what to do is said", async () => {
    const { code, output } = await pulumi("up", "--yes", "--skip-preview");
    expect(code).toBe(1);
    expect(output).toContain(
      "Pulumi.gcp.yaml is for the real gcp, whose provider is not here.\n" +
        `Mend: Install it (pulumi plugin install resource gcp ${cloudPlugins.gcp}), or set retrofit:embedded to true on a new stack, for the embedded cloud.\n`,
    );
    expect(JSON.parse((await pulumi("stack", "export")).stdout).deployment.resources ?? []).toEqual([]);
  });
});
