import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { GcpApp } from "../support/gcpApp.ts";

// Docker Hub is the embedded cloud's, which asks for a token as the real one does; the images themselves come from the local
// registry. BuildKit pushes there and not to Docker Hub: that a push asks for the password is shown in registries.test.ts.
describe("images that Docker Hub keeps private", () => {
  const user = "acme";
  const right = "right-1f0a-canary";
  const wrong = "wrong-7d01-canary";
  let app: GcpApp;
  /** All that was said. */
  let said = "";

  beforeAll(async () => {
    app = await GcpApp.prepare("hello-world", { registry: `docker.io/${user}`, registryUsername: user });
    await mkdir(app.stack.cloudFolder, { recursive: true, mode: 0o700 });
    const hub = { accounts: { [user]: right }, private: { [`${user}/hello-world`]: [user] } };
    await writeFile(join(app.stack.cloudFolder, "dockerHub.json"), JSON.stringify(hub));
  });
  afterAll(() => app?.remove());

  const up = async () => {
    const outcome = await app.stack.up();
    said += JSON.stringify(outcome);
    return outcome;
  };

  it("are not pulled with a wrong password, which is said at once", async () => {
    await app.stack.secret("registryPassword", wrong);
    const { ok, messages } = await up();
    expect(ok).toBe(false);
    expect(messages).toMatch(
      new RegExp(
        `^error: The release did not come up: docker\\.io refuses the user ${user} with the password or access token in the secret ` +
          `projects/${app.project}/secrets/hello-world-secrets-${app.stack.name}-login-docker-io-[0-9a-f]+/versions/1: .*incorrect username or password`,
      ),
    );
  });

  it("are pulled with the right one, which the VM has from Secret Manager", async () => {
    await app.stack.secret("registryPassword", right);
    const { ok, messages } = await up();
    expect(ok, messages).toBe(true);
    await showsHelloWorld({ http: await app.http() });
    const { images } = (await app.stack.outputs()) as { images: { web: string } };
    expect(images.web).toMatch(new RegExp(`^docker\\.io/${user}/hello-world@sha256:[0-9a-f]{64}$`));
    expect(await app.inspect("web", "{{.Config.Image}}")).toBe(images.web);
  });

  it("are pulled by nobody who is not logged in", async () => {
    // By its tag: what the engine has of a digest it does not ask for again.
    await expect(app.inside(`HOME=/tmp docker pull ${user}/hello-world:latest`)).rejects.toThrow(
      /the repository is private/,
    );
  });

  it("leave no password in the state, in what was said, in the VM's metadata and in its disk's files", async () => {
    const metadata = await app.inside(
      "curl -sf -H 'Metadata-Flavor: Google' 'http://metadata.google.internal/computeMetadata/v1/?recursive=true'",
    );
    const everything = [said, metadata, await app.stack.state(), await app.cloud("logs", app.project)].join("\n");
    expect(everything).toContain(`secrets/hello-world-secrets-${app.stack.name}-login-docker-io`);
    for (const secret of [right, wrong]) {
      for (const form of [secret, Buffer.from(secret).toString("base64"), `${user}:${secret}`]) {
        expect(everything.includes(form)).toBe(false);
        expect(await app.inside(`grep -rl '${form}' /var/lib/retrofit /home /etc /var/log 2>/dev/null || true`)).toBe(
          "",
        );
      }
    }
  });
});
