import type { App } from "../../compose/model.ts";
import { type Problem, UserError } from "../../userError.ts";
import { secretResource } from "./appSecrets.ts";
import { logsOf } from "./appTasks.ts";
import { arnOf, type Place } from "./place.ts";
import { documentOf } from "./policy.ts";
import type { Plan, Task } from "./taskDefinition/model.ts";
import { ecsName } from "./taskDefinition/names.ts";
import { executionGrants } from "./taskRoles.ts";

/** Characters that IAM takes for what is written into a role, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const longestPolicy = 10_240;

export interface Rights extends Place {
  app: App;
  plan: Plan;
  /** Beginning of the families' names: `shop-dev`. */
  family: string;
  /** Name of the component that keeps the secrets. */
  secrets: string;
  /** Keys of the secrets with logins to registries. */
  logins: readonly string[];
  /** ARNs of the repositories that images come from. */
  repositories: readonly string[];
}

/**
 * A role names each secret by itself, as a pattern would let it read another stack's: so many do not fit.
 *
 * @throws UserError with every task of which that is so, before anything is made
 */
export function checkRights(rights: Rights): void {
  const problems = rights.plan.tasks.flatMap((task): Problem[] => {
    const length = lengthOf(task, rights);
    return length <= longestPolicy ? [] : [tooMany(task, length, rights)];
  });
  if (problems.length > 0) throw new UserError(problems);
}

/** Characters of the policy of a task's execution role, of the names that everything will have. */
function lengthOf(task: Task, { family, secrets, logins, repositories, ...place }: Rights): number {
  const arns = [...task.secrets, ...logins].map((key) =>
    // Of the digits the first seven are Pulumi's, and the others AWS's.
    arnOf("secretsmanager", place, `secret:${secretResource(secrets, key)}-0000000-000000`),
  );
  const logStreams = arnOf("logs", place, `log-group:${logsOf(family)}/${ecsName(task.name)}:*`);
  return JSON.stringify(documentOf(executionGrants({ repositories, logStreams, secrets: arns }))).length;
}

function tooMany(task: Task, length: number, { app, plan }: Rights): Problem {
  const [service] = task.services.toSorted((a, b) => secretVariables(app, b) - secretVariables(app, a));
  const elsewhere =
    plan.launchType === "ec2" && task.services.length > 1
      ? ", or deploy with the launch type fargate, where each service has a role of its own"
      : "";
  return {
    where: `${app.file}: services.${service}.environment`,
    what: `the role that reads the ${task.secrets.length} secrets of the task ${task.name} would have ${length} characters of rights, and IAM takes ${longestPolicy}`,
    mend: `Write values that are not secret under environment, put secrets together into one file under secrets${elsewhere}`,
  };
}

function secretVariables(app: App, service: string): number {
  const values = Object.values(app.services.get(service)?.environment ?? {});
  return values.filter((value) => typeof value !== "string").length;
}
