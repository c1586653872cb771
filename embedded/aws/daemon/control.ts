import { type Failure, Failures } from "../../daemon/failures.ts";
import type { Commands } from "../../daemon/server.ts";
import { answerApi } from "../api/dispatch.ts";
import type { ApiRequest } from "../api/request.ts";
import type { Cloud } from "../cloud.ts";
import { specs } from "../ecs/spec.ts";
import type { Task } from "../ecs/task.ts";
import { containerFailures, isContainerFailure } from "../failures.ts";
import { baseName } from "../names.ts";
import { type Capacity, setCapacity } from "../resources/containerInstance.ts";
import { KindHandler } from "../resources/handler.ts";
import type { Kind } from "../resources/kind.ts";
import { kinds } from "../resources/kinds.ts";
import { types } from "../types.ts";

/** What can be done to the cloud from outside of the program, as with the console. */
export function control(cloud: Cloud, stop: () => void): Commands {
  const failures = new Failures(cloud.failuresFile);
  return {
    ping: async () => ({ empty: cloud.isEmpty() }),
    /** Ends the cloud's services; with `machines` its tasks stop first, and start again with the next start. */
    stop: async ([machines]) => {
      await cloud.stop(machines === "machines");
      stop();
    },
    /** A call of AWS's JSON API. */
    api: async ([json]) => answerApi(cloud, JSON.parse(json ?? "") as ApiRequest),

    /** All there is: types with their ids, services, tasks, where load balancers answer, and what they find of their targets. */
    status: async () => ({
      resources: Object.fromEntries(cloud.store.types().map((type) => [type, cloud.store.all(type).map(([id]) => id)])),
      services: specs(cloud.store).map(({ serviceArn, serviceName, desiredCount }) => {
        const { runningCount, deployments, events } = cloud.runtime.serviceStatus(serviceArn);
        return {
          name: serviceName,
          desiredCount,
          runningCount,
          rollout: deployments[0]?.rolloutState,
          event: events[0]?.message,
        };
      }),
      tasks: cloud.runtime.tasks().map(({ taskArn, group, lastStatus, healthStatus, stoppedReason, containers }) => ({
        id: baseName(taskArn),
        group,
        lastStatus,
        healthStatus,
        stoppedReason,
        containers: containers.map(({ name, lastStatus: status, exitCode, reason }) => ({
          name,
          status,
          exitCode,
          reason,
        })),
      })),
      targetGroups: cloud.store.all(types.targetGroup).map(([arn, { name }]) => ({
        name,
        states: cloud.runtime.targetHealth(arn).map(({ state }) => state),
      })),
      balancers: cloud.store.all(types.loadBalancer).map(([, { name, dnsName }]) => ({
        name,
        address: dnsName,
        ports: cloud.store
          .all(types.listener)
          .flatMap(([, { loadBalancerArn, port }]) =>
            cloud.store.get(types.loadBalancer, loadBalancerArn as string)?.name === name ? [port] : [],
          ),
      })),
    }),

    /** Stops a task as if somebody had done so in the console: by its id's beginning, its service, or the only one. */
    kill: async ([name]) => {
      const task = one(cloud, name);
      await cloud.runtime.stopTask(task.taskArn, "Task stopped by user");
      return baseName(task.taskArn);
    },

    /** Deletes a resource as if somebody had done so in the console: by its type's noun and the id that `status` tells. */
    remove: async ([noun = "", id = ""], _print, signal) => {
      const kind = kinds.find(({ type }) => nounOf(type) === noun);
      const outputs = kind && cloud.store.get(kind.type, id);
      if (outputs === undefined) throw new Error(`there is no ${noun} ${id}`);
      const handler = new KindHandler(kind as Kind, cloud, { account: "", region: "", defaultTags: {} });
      await handler.delete(id, outputs, {}, { urn: "", name: id, signal, log: () => undefined });
    },

    /** Has auto scaling's minutes pass so many times as fast as the cloud's. */
    hurry: async ([times = "1"]) => {
      if (!(Number(times) >= 1 && Number(times) <= 60))
        throw new Error(`minutes can pass 1 to 60 times as fast, not ${times}`);
      cloud.scaling.speed = Number(times);
    },

    /** Lines of a log group, or of all; with `follow` those too that come. */
    logs: async ([follow, ...named], print, signal) => {
      const groups = named.length > 0 ? named : cloud.store.all(types.logGroup).map(([name]) => name);
      for (const each of groups) {
        for await (const event of cloud.runtime.logs.events(each)) print(JSON.stringify({ group: each, ...event }));
      }
      if (follow !== "follow") return;
      const end = cloud.runtime.logs.follow((name, event) => {
        if (named.length === 0 || named.includes(name)) print(JSON.stringify({ group: name, ...event }));
      });
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      end();
    },

    /** Gives a cluster so many machines of so many CPU units and MiB, for the launch type EC2: see `setCapacity`. */
    capacity: async ([json]) => setCapacity(cloud, JSON.parse(json ?? "") as Capacity),

    /** What is to fail: see `Failure`, and the words of `errorOf` and `containerFailures`. */
    fail: async ([json]) => {
      const failure = JSON.parse(json ?? "") as Failure;
      if (failure.operation === "run" && !isContainerFailure(failure.error)) {
        throw new Error(`what runs can fail by one of ${containerFailures.join(", ")}, not "${failure.error}"`);
      }
      failures.write([...failures.read(), failure]);
    },
    heal: async () => failures.write([]),
  };
}

/** `RolePolicy` of `aws:iam/rolePolicy:RolePolicy`. */
function nounOf(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

function one(cloud: Cloud, name: string | undefined): Task {
  const running = cloud.runtime.tasks().filter(({ lastStatus }) => lastStatus !== "STOPPED");
  const found = name
    ? running.filter(({ taskArn, group }) => baseName(taskArn).startsWith(name) || group === `service:${name}`)
    : running;
  const [task] = found;
  // Of a service any task will do.
  if (task && (found.length === 1 || (name && found.every(({ group }) => group === `service:${name}`)))) return task;
  const tasks = running.map(({ taskArn, group }) => `${baseName(taskArn)} (${group})`).join(", ") || "none";
  throw new Error(name ? `there is no task ${name}; there is ${tasks}` : `name one of the tasks: ${tasks}`);
}
