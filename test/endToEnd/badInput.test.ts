import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestStack } from "../support/stack.ts";

// The messages themselves are unit-tested; here: that they reach the user whole, and that nothing has been made by then.
describe("bad input, through the engine", () => {
  let stack: TestStack;
  let held: Server;
  let port: number;

  beforeAll(async () => {
    stack = await TestStack.create({ app: "" });
    held = createServer();
    await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", resolve));
    port = (held.address() as { port: number }).port;
  });
  afterAll(async () => {
    held?.close();
    await stack?.remove();
  });

  const service = "services:\n  web:\n    image: debian:trixie-slim\n    command: [sleep, infinity]\n";
  const compose = (more: string) => `name: shop\n${service}${more}`;

  it.each<[string, string, Record<string, unknown>, (file: string) => string]>([
    [
      "an app that is not there",
      "",
      { app: "guestbook" },
      () =>
        `Pulumi.STACK.yaml: retrofit:app: there is no "guestbook". Give a folder under docker/, or the path of a folder or compose file.`,
    ],
    [
      "two wrong keys, both of them",
      compose(""),
      { target: "azure", bind: "localhost" },
      () =>
        'Pulumi.STACK.yaml: retrofit:target: "azure" is not a target. Give one of: docker, gcp, aws.\n' +
        '    Pulumi.STACK.yaml: retrofit:bind: "localhost" is not an IP address. Give one of this machine\'s, such as 127.0.0.1 or 0.0.0.0.',
    ],
    [
      "a port that another program holds",
      compose("    ports: ['PORT:80']\n"),
      {},
      (file) =>
        `${file}: services.web.ports: port PORT of 127.0.0.1 is held by another program. Stop it, or publish another port; ` +
        "where the file has a variable for it: pulumi config set --path 'retrofit:environment.HTTP_PORT' 8090.",
    ],
    [
      "a pinned image of no service",
      compose(""),
      { images: { api: "shop/api@sha256:1" } },
      (file) => `retrofit:images.api: ${file} has no such service. Give one of: web.`,
    ],
  ])("says %s, and makes nothing", async (_, text, config, message) => {
    const file = join(stack.folder, "compose.yaml");
    await writeFile(file, text.replaceAll("PORT", `${port}`));
    await stack.configure({ app: file, ...config });
    const outcome = await stack.up();
    expect(outcome.ok).toBe(false);
    const expected = message(file).replaceAll("STACK", stack.name).replaceAll("port PORT", `port ${port}`);
    expect(outcome.messages.replaceAll("    ", "")).toContain(expected.replaceAll("    ", ""));
    expect(outcome.messages).not.toMatch(/at .*\.ts:\d+/);
    const { deployment } = JSON.parse(await stack.cli("stack", "export"));
    expect((deployment.resources ?? []).filter(({ custom }: { custom: boolean }) => custom)).toEqual([]);
  });

  it.each([
    ["broken YAML", "services:\n  web: [\n"],
    ["a dependency on nobody", compose("    depends_on: [db]\n")],
    ["a circle", `name: shop\nservices:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, depends_on: [a] }\n`],
    ["a field that cannot be deployed", compose("    network_mode: service:other\n")],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Compose.
    ["a variable without a value", compose("    environment: { A: '${MISSING:?is needed}' }\n")],
  ])("says %s in one clear error, and makes nothing", async (_, text) => {
    const file = join(stack.folder, "compose.yaml");
    await writeFile(file, text);
    await stack.configure({ app: file });
    const outcome = await stack.up();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain("compose.yaml");
    expect(outcome.messages).not.toMatch(/at .*\.ts:\d+/);
    const { deployment } = JSON.parse(await stack.cli("stack", "export"));
    expect((deployment.resources ?? []).filter(({ custom }: { custom: boolean }) => custom)).toEqual([]);
  });
});
