// @ts-check
/** `npm start`: everything that is missing is set up, then stack `dev` is deployed. Further words go to `pulumi up`. */
import { askPulumi, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { lostImages } from "./lostImages.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment } from "./steps/all.mjs";

const stack = "dev";
const unattended = ["--yes", "--skip-preview", "--stack", stack];

const session = createContext();
await runMain(session, async () => {
  await setUp(session, deployment);
  const code = await deploy(process.argv.slice(2));
  if (code !== 0) return code;
  const [output, config] = await Promise.all([
    askPulumi(session, ["stack", "output", "--json", "--stack", stack]),
    askPulumi(session, ["config", "--json", "--stack", stack]),
  ]);
  console.log(guide(JSON.parse(output).url, JSON.parse(config)["retrofit:app"]?.value));
  return 0;
});

/** @param {readonly string[]} words @returns {Promise<number>} The exit code. */
async function deploy(words) {
  const selected = await askPulumi(session, ["stack", "select", "--create", stack]);
  if (!selected.includes("Created stack")) {
    // What was killed or removed meanwhile shows only by a refresh. Images are left out: see lostImages.mjs.
    const options = ["--suppress-outputs", "--exclude", "**docker-build:index:Image**"];
    const code = await pulumi(session, ["refresh", ...unattended, ...options]);
    if (code !== 0) return code;
  }
  const code = await pulumi(session, ["up", ...unattended, ...words]);
  if (code === 0) return code;
  const lost = await lostImages(JSON.parse(await askPulumi(session, ["stack", "export", "--stack", stack])));
  if (lost.length === 0) return code;
  console.log("\nThe registry has lost images that it had: building and pushing them again.\n");
  return pulumi(session, ["up", ...unattended, ...lost.flatMap((urn) => ["--replace", urn]), ...words]);
}

/** What can be done now. @param {string | undefined} url @param {string | undefined} app */
function guide(url, app) {
  const lines = [
    `\nDeployed: ${url ?? "it publishes no port that speaks HTTP"}\n`,
    "  change      edit the app's files, then: npm start",
    "  configure   npm run pulumi -- config set retrofit:app <folder or compose file>, then: npm start",
    "  look        npm run pulumi -- stack",
    `  state       ${state()}`,
    "  destroy     npm run destroy",
  ];
  if (app?.startsWith("flask-upload-demo"))
    lines.splice(1, 1, `  upload      open it in a browser, or: curl -F file=@picture.png ${url}`, changed(app));
  return lines.join("\n");
}

/** @param {string} app */
function changed(app) {
  return `  change      edit what is under docker/${app.split("/")[0]}, then: npm start`;
}

/** Where the state lives, for people. */
function state() {
  const { root, cache, env } = session.context;
  return pulumiEnvironment({ root, cache, env }).PULUMI_BACKEND_URL?.replace("file://", "") ?? "your Pulumi backend";
}
