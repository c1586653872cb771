/** `npm run bench -- release`: one changed line until the new release answers, against Compose, under load. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, root } from "../test/support/stack.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { Load, secondsUntil } from "./load.ts";
import { measure, median, table } from "./measure.ts";

const rounds = 5;
const clients = 4;

interface Side {
  readonly url: string;
  readonly app: string;
  readonly release: () => ReturnType<typeof measure>;
  readonly answered: number[];
  requests: number;
  failed: number;
}

async function release(side: Side, mark: string): Promise<void> {
  const page = join(side.app, "app/demo/templates/page.html");
  await writeFile(
    page,
    (await readFile(page, "utf8")).replace(
      /<p>mark .*<\/p>|<\/body>/,
      (found) => `<p>mark ${mark}</p>${found === "</body>" ? found : ""}`,
    ),
  );
  const load = new Load(side.url, clients);
  const started = performance.now();
  const [seconds, { code }] = await Promise.all([secondsUntil(side.url, `mark ${mark}`, started), side.release()]);
  await load.stop();
  if (code !== 0) throw new Error(`the release command ended with ${code}`);
  side.answered.push(seconds);
  side.requests += load.requests;
  side.failed += load.failed;
}

const demo = await deployedDemo();
const empty = await EmptyProgram.create(root);
const port = await freePort();
const composeApp = join(demo.stack.folder, "compose");
await cp(join(root, "docker/flask-upload-demo"), composeApp, { recursive: true });
const composeEnv = { ...demo.environment, HTTP_PORT: `${port}`, COMPOSE_PROJECT_NAME: `bench-${demo.stack.name}` };
const compose = (...args: string[]) =>
  measure("docker", ["compose", "--progress", "quiet", ...args], composeEnv, join(composeApp, "nginx"));

try {
  const first = await compose("up", "--build", "--detach");
  if (first.code !== 0) throw new Error(`docker compose up ended with ${first.code}`);
  const ours: Side = {
    url: demo.http,
    app: demo.app,
    release: () =>
      measure(
        "node",
        [
          "tools/pulumi.mjs",
          "up",
          "--yes",
          "--skip-preview",
          "--stack",
          demo.stack.name,
          "--config-file",
          demo.stack.configFile,
        ],
        demo.environment,
        root,
      ),
    answered: [],
    requests: 0,
    failed: 0,
  };
  const theirs: Side = {
    url: `http://127.0.0.1:${port}/`,
    app: composeApp,
    release: () => compose("up", "--build", "--detach"),
    answered: [],
    requests: 0,
    failed: 0,
  };
  const emptyUp: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await release(ours, `${round}`);
    await release(theirs, `${round}`);
    const up = await measure("pulumi", ["up", "--yes", "--skip-preview"], empty.env, empty.folder);
    emptyUp.push(up.seconds);
    if (round === 0) {
      // The first fills the caches.
      ours.answered.length = theirs.answered.length = emptyUp.length = 0;
      ours.requests = ours.failed = theirs.requests = theirs.failed = 0;
    }
  }
  const sum = median(theirs.answered) + median(emptyUp);
  console.log(`One changed line until the new release answers; medians of ${rounds} rounds under ${clients} clients`);
  console.log(
    table([
      ["", "time", "requests", "failed"],
      ["retrofit: pulumi up", `${median(ours.answered).toFixed(2)} s`, `${ours.requests}`, `${ours.failed}`],
      [
        "docker compose up --build -d",
        `${median(theirs.answered).toFixed(2)} s`,
        `${theirs.requests}`,
        `${theirs.failed}`,
      ],
      ["pulumi up of an empty program", `${median(emptyUp).toFixed(2)} s`, "", ""],
      ["ratio to the two together", (median(ours.answered) / sum).toFixed(2), "", ""],
    ]),
  );
} finally {
  await compose("down", "--volumes", "--rmi", "local");
  await empty.remove();
  await demo.stack.remove();
}
