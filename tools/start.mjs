// @ts-check
/** `npm start`: everything that is missing is set up, then stack `dev` is deployed. Further words go to `pulumi up`. */
import { relative } from "node:path";
import { askPulumi, pulumi } from "./cli.mjs";
import { createContext } from "./context.mjs";
import { pulumiEnvironment } from "./environment.mjs";
import { runMain, setUp } from "./runner.mjs";
import { deployment } from "./steps/all.mjs";

const stack = "dev";
const session = createContext();
await runMain(session, async () => {
  const { root, cache, env } = session.context;
  await setUp(session, deployment);
  await askPulumi(session, ["stack", "select", "--create", stack]);
  // A container that was killed or removed meanwhile shows only by a refresh.
  const up = ["up", "--yes", "--skip-preview", "--refresh", "--stack", stack, ...process.argv.slice(2)];
  const code = await pulumi(session, up);
  if (code !== 0) return code;
  const { url } = JSON.parse(await askPulumi(session, ["stack", "output", "--json", "--stack", stack]));
  const state = pulumiEnvironment({ root, cache, env }).PULUMI_BACKEND_URL ?? "your Pulumi backend";
  console.log(guide(url, state.replace(`file://${root}`, relative(process.cwd(), root) || ".")));
  return 0;
});

/** What can be done now. @param {string | undefined} url @param {string} state */
function guide(url, state) {
  if (!url) return "\nDeployed. It publishes no port that speaks HTTP.";
  return `
Deployed: ${url}

  upload      open it in a browser, or: curl -F file=@picture.png ${url}
  change      edit what is under docker/flask-upload-demo, then: npm start
  configure   npm run pulumi -- config set retrofit:app <folder or compose file>, then: npm start
  look        npm run pulumi -- stack
  state       ${state}
  destroy     npm run destroy`;
}
