import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ecsName } from "../components/aws/taskDefinition/names.ts";
import { definitionsOf, type Surroundings } from "../components/aws/taskDefinition/surroundings.ts";
import { type ReadOptions, readApp } from "../compose/read.ts";
import { readOptions, readStackFile } from "../config/stackFile.ts";
import { UserError } from "../userError.ts";

const usage = `npm run task-definition -- APP [options]
Prints the ECS task definition of an app, as \`aws ecs register-task-definition --cli-input-json\` takes it.

  APP                     a folder below docker/, or the path of a folder or compose file
  --launch-type TYPE      fargate, one definition a service (default), or ec2, one for all
  --service NAME          that of one service alone; without it several are printed as a list
  --env NAME=VALUE        a variable of the compose file; may be repeated
  --stack NAME            with what the stack's configuration says of services, volumes and variables
  --registry PREFIX       where the built images are, as docker.io/USER (default: docker.io/example)
  --tag TAG               of the built images (default: latest)
  --family NAME           (default: the app's name)
  --account ID            (default: 123456789012)
  --region REGION         (default: us-east-1)
  --values FILE           JSON with what is known better: images, secrets, fileSystems, executionRoleArn, taskRoleArn, logs
`;

const options = {
  "launch-type": { type: "string" },
  service: { type: "string" },
  env: { type: "string", multiple: true },
  stack: { type: "string" },
  registry: { type: "string" },
  tag: { type: "string" },
  family: { type: "string" },
  account: { type: "string" },
  region: { type: "string" },
  values: { type: "string" },
  help: { type: "boolean" },
} as const;

const root = join(import.meta.dirname, "..");

/** What the command prints. @throws UserError with all that ECS cannot run */
async function run(): Promise<string> {
  const { values, positionals } = parsed();
  const [name] = positionals;
  if (values.help || name === undefined) return usage;
  const launchType = values["launch-type"] ?? "fargate";
  if (launchType !== "fargate" && launchType !== "ec2")
    throw wrong("--launch-type", `is ${launchType}`, "Give fargate or ec2");
  const file = [join(root, "docker", name), resolve(process.env.INIT_CWD ?? "", name)].find((path) => existsSync(path));
  if (file === undefined) throw wrong("APP", `there is no ${name}`, "Give a folder below docker/, or a path");
  const stack = values.stack === undefined ? {} : configured(values.stack);
  const environment = { ...stack.environment, ...variables(values.env ?? []) };
  const app = await readApp({ file, target: "aws", launchType, ...stack, environment });
  const definitions = definitionsOf(app, launchType, {
    ...values,
    inputs: values.values === undefined ? {} : JSON.parse(readFileSync(values.values, "utf8")),
  } satisfies Partial<Surroundings>);
  const { service } = values;
  const chosen =
    service === undefined
      ? definitions
      : definitions.filter(({ containerDefinitions }) =>
          containerDefinitions.some((each) => each.name === ecsName(service)),
        );
  if (chosen.length === 0)
    throw wrong(
      "--service",
      `${app.name} has no ${service}`,
      `Give one of: ${[...app.services.keys()].sort().join(", ")}`,
    );
  return `${JSON.stringify(chosen.length === 1 ? chosen[0] : chosen, null, 2)}\n`;
}

function parsed() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw wrong("task-definition", (error as Error).message.split(". ")[0] as string, "See --help");
  }
}

/** What a stack says of the app. */
function configured(stack: string): Partial<ReadOptions> {
  const file = join(root, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) throw wrong("--stack", `there is no ${file}`, "Give the name of a stack");
  return readOptions(root, readStackFile(root, file));
}

function variables(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const end = pair.indexOf("=");
      if (end < 1) throw wrong("--env", `is ${pair}`, "Give NAME=VALUE");
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
}

function wrong(where: string, what: string, mend: string): UserError {
  return new UserError([{ where, what, mend }]);
}

try {
  process.stdout.write(await run());
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
