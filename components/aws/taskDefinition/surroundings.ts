import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { flatNames } from "../../registries/repositoryName.ts";
import type { Plan, RenderInputs, TaskDefinition } from "./model.ts";
import { planTasks } from "./plan.ts";
import { taskDefinition } from "./render.ts";

/** What an app is surrounded by in an account where it has not been deployed. */
export interface Surroundings {
  /** Where built images are: `docker.io/USER`. @default "docker.io/example" */
  readonly registry: string;
  /** @default "latest" */
  readonly tag: string;
  /** @default the app's name */
  readonly family: string;
  /** @default "123456789012" */
  readonly account: string;
  /** @default "us-east-1" */
  readonly region: string;
  /** What is known better. @default none */
  readonly inputs: Partial<RenderInputs>;
}

/**
 * The task definitions of an app that nothing was made for: what has no name yet gets the one that it would have. On EC2 volumes are the
 * instance's then, which needs no file system.
 */
export function definitionsOf(
  app: App,
  launchType: LaunchType,
  surroundings: Partial<Surroundings> = {},
): TaskDefinition[] {
  const plan = planTasks(app, { launchType, contexts: join(tmpdir(), "never-written") });
  const image = imageNames(app, surroundings);
  const inputs = { ...assumed(app, plan, image, surroundings), ...surroundings.inputs };
  return plan.tasks.map((task) =>
    taskDefinition(app, plan, task, {
      ...inputs,
      preparation: inputs.preparation ?? (task.preparation === undefined ? undefined : image(task.preparation)),
    }),
  );
}

function assumed(
  app: App,
  plan: Plan,
  image: (name: string) => string,
  surroundings: Partial<Surroundings>,
): RenderInputs {
  const { family = app.name, account = "123456789012", region = "us-east-1" } = surroundings;
  const derived = new Map(plan.images.map(({ service, name }) => [service, name]));
  return {
    family,
    images: Object.fromEntries(
      [...app.services.values()].map(({ name, image: source }) => {
        const own = derived.get(name) ?? (source.kind === "build" ? name : undefined);
        return [name, own === undefined ? (source.reference as string) : image(own)];
      }),
    ),
    secrets: Object.fromEntries(
      [...plan.secrets.keys()].map((key) => [
        key,
        `arn:aws:secretsmanager:${region}:${account}:secret:${family}/${key}`,
      ]),
    ),
    fileSystems:
      plan.launchType === "ec2"
        ? {}
        : Object.fromEntries(
            [...plan.fileSystems.keys()].map((key) => [
              key,
              { kind: "efs", fileSystemId: "fs-00000000000000000", accessPointId: "fsap-00000000000000000" },
            ]),
          ),
    executionRoleArn: `arn:aws:iam::${account}:role/${family}-execution`,
    taskRoleArn: `arn:aws:iam::${account}:role/${family}-task`,
    logs: { group: `/ecs/${family}`, region },
  };
}

/** As Docker Hub, which has no folders, and every other registry can name them. */
function imageNames(app: App, { registry = "docker.io/example", tag = "latest" }: Partial<Surroundings>) {
  const names = flatNames(app);
  const prefix = registry.replace(/^docker\.io\//, "");
  return (name: string) => `${prefix}/${names(name)}:${tag}`;
}
