import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { AwsApp } from "../support/awsApp.ts";
import { expectCanaries, hits, hitsInFiles, plantCanaries, tell, tellCanaries } from "../support/canaries.ts";
import { docker } from "../support/stack.ts";

// With a secret in each way in which an app can be given one.
describe("hello-world on Fargate", () => {
  let app: AwsApp;
  let http: string;
  let said = "";

  beforeAll(async () => {
    app = await AwsApp.prepare("hello-world");
    await plantCanaries(app);
  });
  afterAll(async () => {
    await app?.remove();
    vi.unstubAllEnvs();
  });

  const container = async () => {
    const [task = ""] = await app.running("web");
    return app.container(task, "web");
  };

  it("greets, and has been given every secret", async () => {
    said += await tell(app.stack, "preview", "--diff");
    said += await tell(app.stack, "up", "--yes", "--diff");
    http = await app.http().catch(() => expect.fail(said));
    await showsHelloWorld({ http });
    const own = await container();
    const environment = await docker("exec", own, "env");
    expectCanaries(environment, await docker("exec", own, "cat", "/run/secrets/token"));
  });

  it("has no secret in task definitions, labels, image history and logs", async () => {
    const { taskDefinitions } = await app.stack.outputs();
    expect(JSON.stringify(taskDefinitions)).toContain("arn:aws:secretsmanager:");
    expect(hits(JSON.stringify(taskDefinitions))).toEqual([]);
    const own = await container();
    expect(hits(await docker("inspect", "--format", "{{json .Config.Labels}} {{.Name}} {{.Args}}", own))).toEqual([]);
    const image = await docker("inspect", "--format", "{{.Image}}", own);
    expect(hits(await docker("history", "--no-trunc", image))).toEqual([]);
    expect(hits(await app.cloud("logs"))).toEqual([]);
  });

  it("shows no secret in what the CLI says, also of a failed release, and greets on", async () => {
    await tellCanaries(app);
    const failure = await tell(app.stack, "up", "--yes", "--diff");
    expect(failure).toContain("The release did not come up");
    expect(failure).toContain("exited with code");
    expect(failure).toContain("[secret]");
    said += failure;
    said += await tell(app.stack, "stack", "export");
    said += await tell(app.stack, "stack", "output", "--json");
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
    await app.edit(
      "app.py",
      "import os, sys\nprint(os.environ); print(open('/run/secrets/token').read()); sys.exit(4)\n",
      "",
    );
  });

  it("says why where ECS may not prepare its tasks, and greets on", async () => {
    await app.edit("app.py", "(from a Docker container)", "(from a Docker container with modified code)");
    await app.cloud("fail", JSON.stringify({ operation: "run", error: "accessDenied" }));
    const outcome = await app.stack.up();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain("ResourceInitializationError: unable to pull secrets or registry auth");
    expect(outcome.messages).toContain("is not authorized to perform");
    await showsHelloWorld({ http });
  });

  it("says which image is not there, and comes up with the next up once it may", async () => {
    await app.cloud("heal");
    await app.cloud("fail", JSON.stringify({ operation: "run", error: "imageNotFound" }));
    const outcome = await app.stack.up("--refresh");
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain("CannotPullContainerError");
    await showsHelloWorld({ http });

    await app.cloud("heal");
    await app.up("--refresh");
    expect(await (await fetch(http)).text()).toBe("Hello, World! (from a Docker container with modified code)");
  });
});
