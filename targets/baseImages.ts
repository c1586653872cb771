/**
 * `node targets/baseImages.ts Pulumi.dev.yaml` prints the images from elsewhere that a stack takes, for its app and for what its target
 * adds, as JSON. The set-up asks it where Docker Hub cannot be reached.
 */
import { join } from "node:path";
import { imagesBehind, imagesBelow } from "../components/baseImages.ts";
import { readApp } from "../compose/read.ts";
import type { Target } from "../compose/reading.ts";
import { appPath, readOptions, readStackFile, type StackFile } from "../config/stackFile.ts";

const root = join(import.meta.dirname, "..");
const stack = readStackFile(root, process.argv[2] ?? "");
const target = String(stack["retrofit:target"]) as Target;
const embedded = String(stack["retrofit:embedded"]) === "true";

// What is wrong with the app or the configuration is for the program to say, all at once.
const app = await imagesOfApp(stack).catch(() => []);
const own = imagesBelow(join(root, "components", target));
const cloud = embedded ? imagesBelow(join(root, "embedded", target)) : [];
console.log(JSON.stringify([...new Set([...app, ...own, ...cloud])].sort()));

async function imagesOfApp(stack: StackFile): Promise<string[]> {
  const file = appPath(root, String(stack["retrofit:app"]));
  if (file === undefined) return [];
  const launchType = stack["retrofit:launchType"] === "ec2" ? "ec2" : "fargate";
  return imagesBehind(await readApp({ file, target, launchType, ...readOptions(root, stack) }));
}
