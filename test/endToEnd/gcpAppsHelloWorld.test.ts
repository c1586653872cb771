import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { expectCanaries, hits, hitsInFiles, plantCanaries, tell, tellCanaries } from "../support/canaries.ts";
import { eventually } from "../support/eventually.ts";
import { GcpApp } from "../support/gcpApp.ts";
import { toldBy } from "../support/gcpPlaces.ts";

// With a secret in each way in which an app can be given one.
describe("hello-world on Google Cloud", () => {
  let app: GcpApp;
  let http: string;
  let said = "";

  beforeAll(async () => {
    app = await GcpApp.prepare("hello-world");
    await plantCanaries(app);
  });
  afterAll(async () => {
    await app?.remove();
    vi.unstubAllEnvs();
  });

  it("greets, and has been given every secret", async () => {
    said += await tell(app.stack, "preview", "--diff");
    said += await tell(app.stack, "up", "--yes", "--diff");
    http = await app.http().catch(() => expect.fail(said));
    await showsHelloWorld({ http });
    const container = await app.inspect("web", "{{.Id}}");
    const environment = await app.inside(`docker exec ${container} env`);
    expectCanaries(environment, await app.inside(`docker exec ${container} cat /run/secrets/token`));
  });

  it("has no secret in metadata, release, units, labels, image history, journal, command lines and logs", async () => {
    for (const [place, text] of await toldBy(app)) expect(hits(text), place).toEqual([]);
    // The release is in the metadata as an archive; unpacked, it names each secret.
    expect(await app.inside("cat /var/lib/retrofit/releases/*/services/web/secrets")).toMatch(
      /^projects\/.+\/versions\/1$/m,
    );
    // Only here, in memory: where all of this would have found them.
    expect(await app.inside("stat -f -c %T /run/retrofit/secrets")).toBe("tmpfs");
    expect(hits(await app.inside("cat /run/retrofit/secrets/*"))).toHaveLength(5);
  });

  it("shows no secret in what the CLI and the VM say, also of a failed release, and greets on", async () => {
    await tellCanaries(app);
    const failure = await tell(app.stack, "up", "--yes", "--diff");
    expect(failure).toContain("The release did not come up");
    expect(failure).toContain("[secret]");
    said += failure;
    said += await tell(app.stack, "stack", "export");
    said += await tell(app.stack, "stack", "output", "--json");
    said += await app.inside("journalctl --unit retrofit --no-pager");
    expect(hits(said)).toEqual([]);
    await showsHelloWorld({ http });
  });

  it("writes no secret into state, history and backups; nor the cloud into its own files", async () => {
    const found = await hitsInFiles(app.stack.folder);
    // What the app itself prints is its log.
    expect(found.filter((each) => !each.startsWith("cloud/logs/"))).toEqual([
      // Where the app's author keeps them.
      "app/plain.env: envFile",
      "app/token: secretFile",
    ]);
  });

  it("greets differently after a release", async () => {
    await app.edit(
      "app.py",
      "import os, sys\nprint(os.environ); print(open('/run/secrets/token').read()); sys.exit(4)\n",
      "",
    );
    await app.edit("app.py", "(from a Docker container)", "(from a Docker container with modified code)");
    await app.up();
    const modified = "Hello, World! (from a Docker container with modified code)";
    await eventually(async () => expect(await (await fetch(http)).text()).toBe(modified));
  });
});
