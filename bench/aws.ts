/** `npm run bench -- aws`: what the SDKs cost, and the embedded AWS against the same app by plain Docker Compose. */
import { join } from "node:path";
import { root } from "../test/support/stack.ts";
import { ComposeApp } from "./composeApp.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { answered } from "./load.ts";
import { repeated, seconds, show, succeeded } from "./measure.ts";
import { race, Side } from "./side.ts";
import { versus } from "./versus.ts";

const rounds = 5;
const sdks = ["@pulumi/docker", "@pulumi/docker-build", "@pulumi/gcp", "@pulumi/aws"];

const careless = await EmptyProgram.create(root, sdks);
try {
  for (const target of ["docker", "gcp"] as const) {
    const demo = await deployedDemo(target);
    await previews(target, demo).finally(() => demo.stack.remove());
  }
  const demo = await deployedDemo("aws");
  const compose = await ComposeApp.start(join(demo.stack.folder, "compose"), "nginx", demo.environment);
  try {
    await previews("aws", demo);
    await deployments(demo, compose);
    await race(
      new Side(await demo.url(), demo.app, demo.up),
      new Side(compose.url, compose.folder, () => compose.up()),
      rounds,
    );
  } finally {
    await compose.remove();
    await demo.stack.remove();
  }
} finally {
  await careless.remove();
}

type Demo = Awaited<ReturnType<typeof deployedDemo>>;

function previews(target: string, { preview }: Demo): Promise<void> {
  return versus(
    "No-op preview",
    rounds,
    [`flask-upload-demo on ${target}, its SDK alone`, preview],
    ["all SDKs imported and type-checked, as after a change", () => careless.preview()],
  );
}

/** From nothing until the app answers. Images have been built before on both sides. */
async function deployments(demo: Demo, compose: ComposeApp): Promise<void> {
  const ours = await repeated(rounds, async () => {
    await demo.destroy();
    // It has ended when the app answers.
    return succeeded(await demo.up()).seconds;
  });
  const theirs = await repeated(rounds, async () => {
    await compose.down();
    return answered(compose.url, compose.up());
  });
  show("From nothing to the first answer", [
    ["retrofit: pulumi up", seconds(ours)],
    ["docker compose up --build -d", seconds(theirs)],
    ["ratio", (ours / theirs).toFixed(2)],
  ]);
}
