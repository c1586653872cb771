import type Docker from "dockerode";
import type { ServiceMetrics } from "../ecs/service.ts";
import type { TaskDefinition } from "../ecs/taskDefinition.ts";
import { cloudLabel, containerLabel, taskLabel } from "./labels.ts";
import { type TaskRecord, taskId } from "./tasks/record.ts";

/** What a container has used, as Docker says. */
export interface Sample {
  readonly task: string;
  /** Units of 1/1024 CPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

interface Stats {
  readonly cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage?: number; online_cpus?: number };
  readonly precpu_stats: Stats["cpu_stats"];
  readonly memory_stats: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
}

/** What all containers of some tasks use, within a second. */
export async function sample(docker: Docker, cloud: string, tasks: ReadonlySet<string>): Promise<Sample[]> {
  const label = [`${cloudLabel}=${cloud}`, containerLabel];
  const containers = (await docker.listContainers({ filters: { label } })).filter(({ Labels }) =>
    tasks.has(Labels[taskLabel] ?? ""),
  );
  const samples = await Promise.all(
    containers.map(async ({ Id, Labels }): Promise<Sample[]> => {
      // Without a stream Docker measures twice, a second apart.
      const stats = await docker
        .getContainer(Id)
        .stats({ stream: false })
        .catch(() => undefined);
      const used = stats === undefined ? undefined : usage(stats as unknown as Partial<Stats>);
      return used === undefined ? [] : [{ task: Labels[taskLabel] ?? "", ...used }];
    }),
  );
  return samples.flat();
}

/** Of two measurements, the earlier in `precpu_stats`; undefined of a container that has just ended. */
export function usage({
  cpu_stats: now,
  precpu_stats: before,
  memory_stats: memory,
}: Partial<Stats>): { cpu: number; memory: number } | undefined {
  if (!now?.cpu_usage || !before?.cpu_usage) return undefined;
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpu = passed > 0 ? (used / passed) * (now.online_cpus ?? 1) * 1024 : 0;
  const cache = memory?.stats?.total_inactive_file ?? memory?.stats?.inactive_file ?? 0;
  return { cpu: Math.max(cpu, 0), memory: Math.max((memory?.usage ?? 0) - cache, 0) / 1024 ** 2 };
}

/** Percent of what the tasks of a service have reserved. @param definitions by task */
export function utilization(
  samples: readonly Sample[],
  tasks: readonly TaskRecord[],
  definitionOf: (record: TaskRecord) => TaskDefinition | undefined,
): Pick<ServiceMetrics, "cpu" | "memory"> {
  const running = tasks.filter(({ task }) => task.lastStatus === "RUNNING");
  const own = new Set(running.map(({ task }) => taskId(task.taskArn)));
  const percent = (key: "cpu" | "memory") => {
    const reserved = running.reduce((sum, record) => sum + reservedBy(definitionOf(record), key), 0);
    const used = samples.filter(({ task }) => own.has(task)).reduce((sum, each) => sum + each[key], 0);
    return reserved === 0 ? {} : { [key]: (used / reserved) * 100 };
  };
  return { ...percent("cpu"), ...percent("memory") };
}

/** Of the task, or of its containers. */
function reservedBy(definition: TaskDefinition | undefined, key: "cpu" | "memory"): number {
  if (definition?.[key] !== undefined) return Number(definition[key]);
  const containers = definition?.containerDefinitions ?? [];
  return containers.reduce((sum, container) => {
    const own = key === "cpu" ? container.cpu : (container.memoryReservation ?? container.memory ?? 0);
    return sum + own;
  }, 0);
}
