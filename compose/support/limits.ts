import * as aws from "./aws.ts";
import { all, but, isWarned, mapped, onAws, only, type Row, refused, warned } from "./row.ts";

const S = "services.*";
const D = `${S}.deploy`;
const SWARM = "only Swarm reads it; Compose ignores it too";
const UPDATE = ["parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order"];
const DEVICES = ["capabilities", "count", "device_ids", "driver", "options"];
const GPU = "devices of that kind are not carried over";
const NO_PIDS = onAws(
  but(mapped(`${S}.pids_limit`), {
    docker: isWarned("@pulumi/docker cannot set it: the container runs without this limit"),
  }),
  aws.noPids,
);

/** `deploy` and the other limits of a service. */
export const limitRows: readonly Row[] = [
  mapped(D),
  warned(`${D}.mode`, SWARM, only("replicated")),
  warned(`${D}.endpoint_mode`, SWARM),
  refused(`${D}.replicas`, "a service runs as one container", "Give 1, or declare further services", only(0, 1)),
  warned(`${D}.labels`, "they label Swarm's service; Compose ignores them too"),
  ...all(warned(`${D}.rollback_config`, SWARM), UPDATE),
  ...all(warned(`${D}.update_config`, SWARM), UPDATE),
  mapped(`${D}.resources`),
  mapped(`${D}.resources.limits`),
  mapped(`${D}.resources.limits.cpus`),
  mapped(`${D}.resources.limits.memory`),
  { ...NO_PIDS, path: `${D}.resources.limits.pids` },
  mapped(`${D}.resources.reservations`),
  warned(`${D}.resources.reservations.cpus`, "engines reserve no CPU; Compose ignores it too"),
  mapped(`${D}.resources.reservations.memory`),
  ...all(refused(`${D}.resources.reservations.generic_resources`, GPU, "Remove it"), [
    "discrete_resource_spec",
    "discrete_resource_spec.kind",
    "discrete_resource_spec.value",
  ]),
  ...all(refused(`${D}.resources.reservations.devices`, GPU, "Remove it"), DEVICES),
  mapped(`${D}.restart_policy`),
  onAws(mapped(`${D}.restart_policy.condition`, "as in Compose, it wins over restart"), aws.restart),
  mapped(`${D}.restart_policy.max_attempts`),
  warned(`${D}.restart_policy.delay`, "the engine chooses the pause before a restart"),
  warned(`${D}.restart_policy.window`, "the engine chooses when a restart has succeeded"),
  ...all(warned(`${D}.placement`, SWARM), [
    "constraints",
    "preferences",
    "preferences.spread",
    "max_replicas_per_node",
  ]),

  refused(`${S}.cpu_count`, "it is for Windows containers", "Give cpus"),
  refused(`${S}.cpu_percent`, "it is for Windows containers", "Give cpus"),
  but(mapped(`${S}.cpu_shares`), { fargate: aws.noCpuShares }),
  mapped(`${S}.cpu_quota`, "with cpu_period taken as cpus"),
  mapped(`${S}.cpu_period`, "with cpu_quota taken as cpus"),
  refused(`${S}.cpu_rt_period`, "real-time scheduling depends on the host's kernel", "Remove it"),
  refused(`${S}.cpu_rt_runtime`, "real-time scheduling depends on the host's kernel", "Remove it"),
  mapped(`${S}.cpus`),
  refused(`${S}.cpuset`, "which processors there are depends on the host", "Give cpus"),
  ...all(refused(`${S}.gpus`, GPU, "Remove it"), DEVICES),
  mapped(`${S}.mem_limit`),
  mapped(`${S}.mem_reservation`),
  warned(`${S}.mem_swappiness`, "the engine's own setting holds"),
  warned(`${S}.memswap_limit`, "memory and swap together are twice the memory, the engine's own rule"),
  refused(`${S}.oom_kill_disable`, "a container that cannot be killed takes the host with it", "Give mem_limit"),
  warned(`${S}.oom_score_adj`, "the engine's own setting holds"),
  NO_PIDS,
  onAws(mapped(`${S}.shm_size`), aws.sharedMemory),
  mapped(`${S}.ulimits`),
  mapped(`${S}.ulimits.*`),
  mapped(`${S}.ulimits.*.soft`),
  mapped(`${S}.ulimits.*.hard`),
];
