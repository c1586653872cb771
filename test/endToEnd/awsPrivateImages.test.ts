import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { AwsApp } from "../support/awsApp.ts";
import { docker } from "../support/stack.ts";

// Docker Hub is the embedded cloud's, which asks for the login that a task definition names; the images themselves come from the
// local registry. That engines and builds hand a login over is shown in registries.test.ts.
describe("images that Docker Hub keeps private, on Fargate", () => {
  const user = "acme";
  const repository = `${user}/hello-world`;
  const right = "right-1f0a-canary";
  const wrong = "wrong-7d01-canary";
  let app: AwsApp;
  /** All that was said. */
  let said = "";

  beforeAll(async () => {
    // Pushed by Docker's own login, as whoever releases has one.
    app = await AwsApp.prepare("hello-world", { registry: `docker.io/${user}` });
    await mkdir(app.stack.cloudFolder, { recursive: true, mode: 0o700 });
    const hub = { accounts: { [user]: right }, private: { [repository]: [user] } };
    await writeFile(join(app.stack.cloudFolder, "dockerHub.json"), JSON.stringify(hub));
  });
  afterAll(() => app?.remove());

  const up = async () => {
    const outcome = await app.stack.up();
    said += JSON.stringify(outcome);
    return outcome;
  };
  const logIn = async (password: string) => {
    await app.configure({ logins: { "docker.io": { username: user } } });
    await app.stack.secret('logins["docker.io"].password', password);
  };

  it("are pulled by nobody who is not logged in, which is said", async () => {
    const { ok, messages } = await up();
    expect(ok).toBe(false);
    expect(messages).toContain('The release did not come up: service "web" did not come up: ');
    expect(messages).toMatch(
      new RegExp(`CannotPullContainerError: .*docker\\.io/${repository}@sha256:[0-9a-f]{64}: pull access denied`),
    );
  });

  it("are not pulled with a wrong password", async () => {
    await logIn(wrong);
    const { ok, messages } = await up();
    expect(ok).toBe(false);
    expect(messages).toMatch(/CannotPullContainerError: .*401 Unauthorized: incorrect username or password/);
  });

  it("are pulled with the right one, which ECS has from Secrets Manager, where nothing else has changed", async () => {
    await logIn(right);
    const { ok, messages } = await up();
    expect(ok, messages).toBe(true);
    await showsHelloWorld({ http: await app.http() });
    const { images, taskDefinitions } = (await app.stack.outputs()) as {
      images: { web: string };
      taskDefinitions: { web: { containerDefinitions: { image: string; repositoryCredentials: object }[] } };
    };
    const [container] = taskDefinitions.web.containerDefinitions;
    expect(container?.image).toBe(images.web);
    expect(images.web).toMatch(new RegExp(`^docker\\.io/${repository}@sha256:[0-9a-f]{64}$`));
    expect(container?.repositoryCredentials).toEqual({
      credentialsParameter: expect.stringMatching(
        /^arn:aws:secretsmanager:eu-central-1:123456789012:secret:.*login-docker-io/,
      ),
    });
    expect((await app.stack.preview()).steps).toEqual([]);
  });

  it("leave no password in the state, in what was said, in outputs, logs and labels", async () => {
    const [task = ""] = await app.running("web");
    const everything = [
      said,
      await app.stack.state(),
      JSON.stringify(await app.stack.outputs()),
      await app.cloud("status"),
      await app.cloud("logs"),
      await docker("inspect", await app.container(task, "web")),
    ].join("\n");
    for (const secret of [right, wrong]) {
      for (const form of [secret, Buffer.from(secret).toString("base64"), `${user}:${secret}`]) {
        expect(everything.includes(form)).toBe(false);
      }
    }
  });
});
