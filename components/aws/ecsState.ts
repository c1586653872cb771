/** Tag of a service that names the release which it runs, or as a job has done. */
export const releaseTag = "retrofit-release";

/** What ECS says of a service, as far as a release is concerned. */
export interface ServiceState {
  readonly arn: string;
  /** The newest first; that one is the primary. */
  readonly deployments: readonly DeploymentState[];
  /** What ECS reported of it, the newest first. */
  readonly events: readonly string[];
  /** Value of the tag `retrofit-release`. */
  readonly release?: string;
}

export interface DeploymentState {
  readonly id: string;
  readonly taskDefinition: string;
  readonly rollout: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  readonly reason: string;
  readonly desired: number;
  readonly running: number;
  readonly failed: number;
}

export interface TaskState {
  readonly arn: string;
  readonly taskDefinition: string;
  /** `PROVISIONING` to `STOPPED`. */
  readonly status: string;
  readonly stoppedReason?: string;
  /** Milliseconds since the epoch; 0 while it runs. */
  readonly stoppedAt: number;
  readonly containers: readonly ContainerState[];
}

export interface ContainerState {
  readonly name: string;
  readonly status: string;
  readonly exitCode?: number;
  readonly reason?: string;
  /** `sha256:...` of what runs, once it is known. */
  readonly digest?: string;
}

/** Whether something is as wanted: yes, not yet (and what it waits for), or it never will be (and why). */
export type Verdict =
  | { readonly is: "reached" }
  | { readonly is: "pending"; readonly waitingFor: string }
  | { readonly is: "failed"; readonly why: string };

const reached: Verdict = { is: "reached" };
const pending = (waitingFor: string): Verdict => ({ is: "pending", waitingFor });
const failed = (why: string): Verdict => ({ is: "failed", why });

/**
 * Whether a service runs a task definition, and nothing else.
 *
 * @param tasks its running tasks
 * @param digests what they are to run, by container
 * @param settled whether ECS has had time to learn what was asked of it
 */
export function rolloutVerdict(
  service: ServiceState | undefined,
  tasks: readonly TaskState[],
  taskDefinition: string,
  digests: Readonly<Record<string, string>>,
  settled: boolean,
): Verdict {
  const [primary] = service?.deployments ?? [];
  if (primary === undefined) return settled ? failed("is not there") : pending("ECS to know it");
  if (primary.taskDefinition !== taskDefinition) {
    const own = service?.deployments.find((deployment) => deployment.taskDefinition === taskDefinition);
    if (own === undefined && !settled) return pending("ECS to take it on");
    return failed(because(`was taken back to ${nameOf(primary.taskDefinition)}`, own?.reason));
  }
  if (primary.rollout === "FAILED") return failed(because("did not come up", primary.reason));
  // Where only their number has changed there is no deployment.
  if (primary.rollout === "IN_PROGRESS" || primary.running < primary.desired) {
    const trouble = primary.failed === 0 ? "" : `, ${primary.failed} failed`;
    return pending(`${primary.running} of ${primary.desired} tasks to run${trouble}`);
  }
  return digestVerdict(
    tasks.filter((task) => task.taskDefinition === taskDefinition),
    digests,
  );
}

/** Whether tasks run what was asked for. A digest that ECS does not know yet says nothing. */
function digestVerdict(tasks: readonly TaskState[], digests: Readonly<Record<string, string>>): Verdict {
  if (tasks.length === 0) return pending("a task to run");
  for (const { name, digest } of tasks.flatMap(({ containers }) => containers)) {
    const wanted = digests[name];
    if (wanted !== undefined && digest !== undefined && digest !== wanted) {
      return failed(`runs ${digest} in container ${name}, where ${wanted} was asked for`);
    }
  }
  return reached;
}

/** How a job stands, whose container ends while another keeps its task alive. */
export function jobVerdict(task: TaskState | undefined, job: string): Verdict {
  if (task === undefined) return pending("a task to be started");
  const container = task.containers.find(({ name }) => name === job);
  if (container?.exitCode === 0) return reached;
  if (container?.exitCode !== undefined || task.status === "STOPPED") return failed(because("failed", faultOf(task)));
  return pending(task.status === "RUNNING" ? "it to complete" : "its task to start");
}

/** Whether a task stopped for a reason of its own, and not because its service needed it no more, which tells nothing. */
export function hasFailed({ stoppedReason = "" }: TaskState): boolean {
  return !stoppedReason.startsWith("Scaling activity initiated by");
}

/** Why a task stopped: ECS's reason, and what its containers ended with. */
export function faultOf({ stoppedReason, containers }: TaskState): string {
  const ends = containers.flatMap(({ name, exitCode, reason }) => {
    const code = exitCode === undefined || exitCode === 0 ? [] : [`exited with code ${exitCode}`];
    const said = [...code, ...(reason ? [reason] : [])];
    return said.length === 0 ? [] : [`container ${name} ${said.join(": ")}`];
  });
  return [...(stoppedReason ? [stoppedReason] : []), ...ends].join("; ") || "its task stopped";
}

/** A statement with its reason. ECS ends some of its own with a full stop. */
export function because(statement: string, ...reasons: readonly (string | undefined)[]): string {
  return [statement, ...reasons.flatMap((reason) => (reason ? [reason.replace(/\.$/, "")] : []))].join(": ");
}

/** The container whose log tells most: one that failed, else the given one. */
export function tellingContainer({ containers }: TaskState, main: string): string {
  const failing = containers.filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  return (failing.find(({ name }) => name === main) ?? failing[0])?.name ?? main;
}

/** `shop-dev-web:7` of a task definition's ARN. */
function nameOf(taskDefinition: string): string {
  return taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1);
}
