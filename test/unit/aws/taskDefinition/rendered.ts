import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type {
  LaunchType,
  Plan,
  RenderInputs,
  TaskDefinition,
} from "../../../../components/aws/taskDefinition/model.ts";
import { planTasks } from "../../../../components/aws/taskDefinition/plan.ts";
import { taskDefinition } from "../../../../components/aws/taskDefinition/render.ts";
import type { App } from "../../../../compose/model.ts";
import { type ReadOptions, readApp } from "../../../../compose/read.ts";
import { copySources } from "../../../support/sources.ts";

/** An app of docker/, and what its author has beside it. */
export interface Example {
  /** Folder below docker/. */
  readonly app: string;
  readonly variant?: string;
  /** Files that are in no repository. */
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: Partial<ReadOptions>;
}

const password = "n0t-in-plain-sight";

export const examples: Readonly<Record<string, Example>> = {
  "hello-world": { app: "hello-world" },
  "flask-upload-demo-basic": { app: "flask-upload-demo", variant: "basic" },
  "flask-upload-demo-nginx": {
    app: "flask-upload-demo",
    variant: "nginx",
    options: { extension: { volumes: { uploads: { storage: "bucket", uid: 900, gid: 900 } } } },
  },
  "docker-example": { app: "docker-example" },
  cloudtalents: {
    app: "cloudtalents",
    files: {
      ".env.app": `SECRET_KEY=${password}\nSQL_PASSWORD=${password}\nSQL_HOST=db\n`,
      ".env.db": `POSTGRES_USER=cloudtalents\nPOSTGRES_PASSWORD=${password}\nPOSTGRES_DB=mvp\n`,
    },
  },
  "flask-by-example": {
    app: "flask-by-example",
    files: { "secrets/dbpass": password, "secrets/postgres_password": password },
  },
  containerize: {
    app: "containerize",
    options: {
      environment: { GUNICORN_ARGUMENTS: "" },
      secretNames: ["TLS_CERTIFICATE", "TLS_KEY"],
    },
  },
};

const copies: string[] = [];

/** Removes the copies that `readExample` has made. */
export function removeCopies(): void {
  for (const folder of copies.splice(0)) rmSync(folder, { recursive: true });
}

/** Reads an app from a copy of its sources, so that what the author keeps out of the repository is the test's own. */
export async function readExample(
  { app, variant = "", files = {}, options }: Example,
  launchType: LaunchType,
): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), "task-definition-"));
  copies.push(folder);
  await copySources(join("docker", app), join(folder, app));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, app, path)), { recursive: true });
    writeFileSync(join(folder, app, path), text, { mode: 0o644 });
  }
  return readApp({ file: join(folder, app, variant), target: "aws", launchType, ...options });
}

const account = "111122223333";

function image(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex");
  return `${account}.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/${name}@sha256:${digest}`;
}

/** Names and ARNs as AWS would give them, the same each time. */
function inputsFor(app: App, plan: Plan): RenderInputs {
  const derived = new Map(plan.images.flatMap(({ service, name }) => (service === undefined ? [] : [[service, name]])));
  const images = [...app.services.values()].map(({ name, image: { kind, reference } }): [string, string] => {
    const own = derived.get(name);
    if (own !== undefined) return [name, image(own)];
    return [name, kind === "build" ? image(name) : (reference as string)];
  });
  return {
    family: `${app.name}-dev`,
    images: Object.fromEntries(images),
    secrets: Object.fromEntries(
      [...plan.secrets.keys()].map((key) => [
        key,
        `arn:aws:secretsmanager:eu-central-1:${account}:secret:${app.name}-dev-${key}-AbCdEf:::11111111-2222-3333-4444-555555555555`,
      ]),
    ),
    fileSystems: Object.fromEntries(
      [...plan.fileSystems.keys()].map((key) => [
        key,
        { kind: "efs", fileSystemId: "fs-0123456789abcdef0", accessPointId: `fsap-${hex(key)}` },
      ]),
    ),
    executionRoleArn: `arn:aws:iam::${account}:role/${app.name}-dev-execution`,
    taskRoleArn: `arn:aws:iam::${account}:role/${app.name}-dev-task`,
    logs: { group: `/ecs/${app.name}-dev`, region: "eu-central-1" },
  };
}

/** The definitions of all of an app's tasks, with the images that prepare their volumes. */
export function render(app: App, plan: Plan, more: Partial<RenderInputs> = {}): TaskDefinition[] {
  const inputs = { ...inputsFor(app, plan), ...more };
  return plan.tasks.map((task) => {
    const preparation = task.preparation === undefined ? undefined : image(task.preparation);
    return taskDefinition(app, plan, task, { ...inputs, preparation });
  });
}

/** The plan of an app whose derived images are built nowhere. */
export function planned(app: App, launchType: LaunchType, contexts = "/contexts"): Plan {
  return planTasks(app, { launchType, contexts });
}

/** The one container of that name. */
export function container(definitions: readonly TaskDefinition[], name: string, task?: string) {
  const found = definitions
    .filter(({ family }) => task === undefined || family.endsWith(`-${task}`))
    .flatMap(({ containerDefinitions }) => containerDefinitions)
    .filter((each) => each.name === name);
  if (found.length !== 1) throw new Error(`${found.length} containers are called ${name}`);
  return found[0] as (typeof found)[0];
}

function hex(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 17);
}
