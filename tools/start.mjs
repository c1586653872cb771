// @ts-check
/** `npm start [-- --stack <stack>]`: everything that is missing is set up, then the stack is deployed. Further words go to `pulumi up`. */
import { askPulumi, cloudsOf, pulumi } from "./cli.mjs";
import { option, readStack, stackFile } from "./clouds.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { guide } from "./guide.mjs";
import { recover } from "./interrupted.mjs";
import { lostImages } from "./lostImages.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment } from "./steps/all.mjs";
import { node } from "./steps/node.mjs";

const words = process.argv.slice(2);
const stack = option(words, ["--stack", "-s"]) ?? "dev";
const file = option(words, ["--config-file"]);
const where = ["--stack", stack, ...(file === undefined ? [] : ["--config-file", file])];
const unattended = ["--yes", "--skip-preview", ...(words.includes(stack) ? [] : ["--stack", stack])];

const session = createContext();
await runMain(session, async () => {
  await setUp(session, [node]);
  await setUp(session, deployment(await cloudsOf(session, ["up", ...where])));
  const code = await deploy();
  if (code !== 0) return code;
  const [output, config] = await Promise.all([
    askPulumi(session, ["stack", "output", "--json", "--stack", stack]),
    askPulumi(session, ["config", "--json", ...where]),
  ]);
  const { root } = session.context;
  console.log(
    guide({
      stack,
      ...(await readStack(root, file ?? stackFile(stack))),
      url: JSON.parse(output).url,
      app: JSON.parse(config)["retrofit:app"]?.value,
      state: whereStateLives(),
    }),
  );
  return 0;
});

/** @returns {Promise<number>} The exit code. */
async function deploy() {
  const selected = await askPulumi(session, ["stack", "select", "--create", stack]);
  if (!selected.includes("Created stack")) {
    await recover(session, stack, where);
    // What was killed or removed meanwhile shows only by a refresh. Images are left out: see lostImages.mjs.
    const options = ["--yes", "--skip-preview", "--suppress-outputs"];
    const code = await pulumi(session, ["refresh", ...where, ...options, "--exclude", "**docker-build:index:Image**"]);
    if (code !== 0) return code;
  }
  const code = await pulumi(session, ["up", ...unattended, ...words]);
  if (code === 0) return code;
  const lost = await lostImages(JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack])));
  if (lost.length === 0) return code;
  console.log("\nThe registry has lost images that it had: building and pushing them again.\n");
  return pulumi(session, ["up", ...unattended, ...lost.flatMap((urn) => ["--replace", urn]), ...words]);
}

/** For people. */
function whereStateLives() {
  const { root, cache, env } = session.context;
  return pulumiEnvironment({ root, cache, env }).PULUMI_BACKEND_URL?.replace("file://", "") ?? "your Pulumi backend";
}
