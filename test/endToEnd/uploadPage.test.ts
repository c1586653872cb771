import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { download } from "../apps/flaskUploadDemo.ts";
import { TestStack } from "../support/stack.ts";

/** Milliseconds for a browser that has little of a busy machine. */
const patience = 300_000;

let stack: TestStack;
let browser: Browser;
let http: string;

beforeAll(async () => {
  const port = await freePort();
  http = `http://127.0.0.1:${port}`;
  stack = await TestStack.create({ app: "flask-upload-demo/nginx", environment: { HTTP_PORT: port } });
  const outcome = await stack.up();
  if (!outcome.ok) throw new Error(outcome.messages);
  browser = await chromium.launch({
    timeout: patience,
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // As root in a container there is no sandbox to be had; and no service of the browser's own is looked up.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

it("takes a file in a real browser, and gives it back", async () => {
  const bytes = randomBytes(100_000);
  const file = join(stack.folder, "space duck.bin");
  await writeFile(file, bytes);
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));

  await page.goto(http);
  expect(await page.title()).toBe("Upload a file");
  await page.getByLabel(/^File/).setInputFiles(file);
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Upload" }).click(),
  ]);
  expect(new URL(saved.url()).pathname).toMatch(/^\/uploads\/space_?.*duck\.bin$/);
  expect((await download(http, new URL(saved.url()).pathname)).body.equals(bytes)).toBe(true);
  // The page keeps its own Content-Security-Policy.
  expect(complaints).toEqual([]);
});
