import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { containerOf, docker, TestStack } from "../support/stack.ts";

// A front that serves files of another service's image, of which the compose file says nothing but that both mount the volume. It
// sorts first, and must start second.
const compose = `
name: shelf
services:
  front:
    image: nginx:1.28
    ports: ["\${HTTP_PORT}:80"]
    volumes: ["files:/usr/share/nginx/html:ro"]
  web:
    build: .
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    env_file: app.env
    volumes: ["files:/files"]
volumes:
  files:
`;

let stack: TestStack;
let http: string;

beforeAll(async () => {
  const port = await freePort();
  http = `http://127.0.0.1:${port}`;
  stack = await TestStack.create({ app: "" });
  await writeFile(join(stack.folder, "compose.yaml"), compose);
  await writeFile(join(stack.folder, "app.env"), "EMPTY=\nFULL=value\n");
  await image("first");
  const volumes = { files: { storage: "image" } };
  await stack.configure({ app: stack.folder, environment: { HTTP_PORT: port }, volumes });
});
afterAll(() => stack?.remove());

function image(text: string): Promise<void> {
  const lines = ["FROM debian:trixie-slim", `RUN mkdir /files && echo ${text} > /files/index.html`];
  return writeFile(join(stack.folder, "Dockerfile"), `${lines.join("\n")}\n`);
}

it.each(["first", "second"])("are filled before they are served: with the %s image", async (text) => {
  await image(text);
  const outcome = await stack.up();
  expect(outcome.ok, outcome.messages).toBe(true);
  expect(await (await fetch(http)).text()).toBe(`${text}\n`);
});

it("leave variables without a value empty", async () => {
  const environment = await docker("exec", await containerOf(stack, "web"), "env");
  expect(environment.split("\n")).toEqual(expect.arrayContaining(["EMPTY=", "FULL=value"]));
});
